// What the header fields of a request say about its framing, its host and its expectations, and what they must not say.
#pragma once

#include "request-grammar.h"

namespace junicorn {

// What the Transfer-Encoding fields of one head say so far.
class TransferCodings {
 public:
  void Add(Text value);
  // kNone only for a single `chunked`.
  Rule Verdict() const;

 private:
  bool last_is_chunked_ = false;
  bool chunked_ = false;
  bool chunked_twice_ = false;
  bool others_ = false;
};

// The fields of one head, in order: Name() and then Value() for each, and Complete() after the last.
class HeadFields {
 public:
  HeadFields() = default;
  HeadFields(int minor, bool is_connect) : minor_(minor), is_connect_(is_connect) {}

  Rule Name(Text name);
  Rule Value(Text value);
  Rule Complete() const;

  // The value of the field that was named last counts for more than itself: it says how long the body is.
  bool frames() const { return field_ == Field::kContentLength || field_ == Field::kTransferEncoding; }

  bool has_content_length() const { return Seen(Field::kContentLength); }
  uint64_t content_length() const { return content_length_; }
  bool chunked() const { return Seen(Field::kTransferEncoding); }
  bool expects_continue() const { return minor_ == 1 && Seen(Field::kExpect); }
  // HTTP/1.0 knows no Upgrade (RFC 9110 7.8).
  bool may_upgrade() const { return minor_ == 1 || is_connect_; }

 private:
  enum class Field : uint8_t { kOther, kHost, kExpect, kContentType, kContentLength, kTransferEncoding };

  static Field FieldOf(Text name);
  bool Seen(Field field) const { return seen_ & (1 << static_cast<int>(field)); }

  uint64_t content_length_ = 0;
  int minor_ = 1;
  bool is_connect_ = false;
  uint8_t seen_ = 0;  // bit n: Field n
  Field field_ = Field::kOther;
  TransferCodings codings_;
};

// Fields for framing, routing, authentication, request modifiers and content format, RFC 9110 6.5.1.
bool IsForbiddenTrailer(Text name);

}  // namespace junicorn
