#include "head-fields.h"

#include <cstring>

namespace junicorn {

void TransferCodings::Add(Text value) {
  const char* p = value.data;
  const char* end = p + value.size;
  while (true) {
    const char* comma = p < end ? static_cast<const char*>(memchr(p, ',', static_cast<size_t>(end - p))) : nullptr;
    last_is_chunked_ = Trim(Text::Between(p, comma ? comma : end)).EqualsIgnoringCase("chunked", 7);
    if (last_is_chunked_) {
      chunked_twice_ = chunked_;
      chunked_ = true;
    } else {
      others_ = true;
    }
    if (!comma) return;
    p = comma + 1;
  }
}

Rule TransferCodings::Verdict() const {
  if (!last_is_chunked_ || chunked_twice_) return Rule::kTransferEncodingNotChunked;
  return others_ ? Rule::kUnsupportedTransferCoding : Rule::kNone;
}

Rule HeadFields::Name(Text name) {
  field_ = FieldOf(name);
  const bool repeated = Seen(field_);
  seen_ |= static_cast<uint8_t>(1 << static_cast<int>(field_));
  switch (field_) {
    case Field::kHost:
      return repeated ? Rule::kRepeatedHost : Rule::kNone;
    case Field::kContentType:
      return repeated ? Rule::kRepeatedContentType : Rule::kNone;
    case Field::kContentLength:
      if (repeated) return Rule::kRepeatedContentLength;
      return chunked() ? Rule::kContentLengthWithTransferEncoding : Rule::kNone;
    case Field::kTransferEncoding:
      if (minor_ == 0) return Rule::kChunkedInHttp10;
      return has_content_length() ? Rule::kContentLengthWithTransferEncoding : Rule::kNone;
    default:
      return Rule::kNone;
  }
}

Rule HeadFields::Value(Text value) {
  switch (field_) {
    case Field::kHost:
      return IsHost(value, false) ? Rule::kNone : Rule::kBadHost;
    case Field::kContentLength:
      return ParseContentLength(value, &content_length_) ? Rule::kNone : Rule::kBadContentLength;
    case Field::kTransferEncoding:
      codings_.Add(value);
      return Rule::kNone;
    case Field::kExpect:
      return value.EqualsIgnoringCase("100-continue", 12) ? Rule::kNone : Rule::kExpectationFailed;
    default:
      return Rule::kNone;
  }
}

Rule HeadFields::Complete() const {
  if (minor_ == 1 && !Seen(Field::kHost)) return Rule::kMissingHost;
  if (chunked()) {
    if (const Rule rule = codings_.Verdict(); rule != Rule::kNone) return rule;
  }
  // A tunnel starts right after the head: a body there would be read differently by the next hop.
  return is_connect_ && (chunked() || content_length_ > 0) ? Rule::kBodyInConnect : Rule::kNone;
}

HeadFields::Field HeadFields::FieldOf(Text name) {
  switch (name.size) {
    case 4:
      return name.EqualsIgnoringCase("host", 4) ? Field::kHost : Field::kOther;
    case 6:
      return name.EqualsIgnoringCase("expect", 6) ? Field::kExpect : Field::kOther;
    case 12:
      return name.EqualsIgnoringCase("content-type", 12) ? Field::kContentType : Field::kOther;
    case 14:
      return name.EqualsIgnoringCase("content-length", 14) ? Field::kContentLength : Field::kOther;
    case 17:
      return name.EqualsIgnoringCase("transfer-encoding", 17) ? Field::kTransferEncoding : Field::kOther;
    default:
      return Field::kOther;
  }
}

bool IsForbiddenTrailer(Text name) {
  static constexpr const char* kForbidden[] = {
      "host",
      "content-length",
      "transfer-encoding",
      "trailer",
      "te",
      "connection",
      "keep-alive",
      "proxy-connection",
      "upgrade",
      "expect",
      "authorization",
      "proxy-authorization",
      "cookie",
      "content-type",
      "content-encoding",
      "content-range",
      "cache-control",
      "max-forwards",
      "pragma",
      "range",
      "if-match",
      "if-none-match",
      "if-modified-since",
      "if-range",
      "if-unmodified-since",
      "x-forwarded-for",
      "x-forwarded-proto",
      "x-forwarded-host",
      "forwarded",
  };
  for (const char* forbidden : kForbidden) {
    if (name.EqualsIgnoringCase(forbidden, strlen(forbidden))) return true;
  }
  return false;
}

}  // namespace junicorn
