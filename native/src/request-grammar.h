// What a request may look like where llhttp is more lenient than we are, and the rule that is broken where it is not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace junicorn {

// The numbers of native.parserRules. Each name has a row in src/http/rules.ts, which says status and reason.
enum class Rule : uint8_t {
  kNone,
  kRequestLineTooLong,
  kTooManyFields,
  kFieldTooLong,
  kHeadTooLong,
  kChunkExtensionTooLong,
  kBadMethod,
  kBadTarget,
  kBadVersion,
  kHttp2Preface,
  kBadRequestLine,
  kBadFieldName,
  kBadFieldValue,
  kSpaceBeforeColon,
  kObsoleteFolding,
  kBareLf,
  kMissingHost,
  kRepeatedHost,
  kBadHost,
  kRepeatedContentType,
  kExpectationFailed,
  kContentLengthWithTransferEncoding,
  kRepeatedContentLength,
  kBadContentLength,
  kTransferEncodingNotChunked,
  kUnsupportedTransferCoding,
  kChunkedInHttp10,
  kBodyInConnect,
  kBadChunk,
  kForbiddenTrailer,
  kDataAfterClose,
  kMalformed,
  kCount,
};

const char* RuleName(Rule rule);

// A piece of text that somebody else owns.
struct Text {
  const char* data;
  size_t size;

  static Text Between(const char* begin, const char* end) { return {begin, static_cast<size_t>(end - begin)}; }

  // True if equal to `lower`, which is in lower case, in whatever case this is.
  bool EqualsIgnoringCase(const char* lower, size_t length) const;
};

// Without the white space at its end.
Text TrimEnd(Text value);

struct RequestLine {
  Text method;
  Text target;
  int minor;
};

// Splits a request line (with its CRLF) and checks everything about it but whether the method is known.
Rule ParseRequestLine(Text line, RequestLine* out);

// `uri-host [":" port]`, RFC 9110 7.2; never empty.
bool IsHost(Text value, bool port_required);

// Digits only, at most 2^53 - 1.
bool ParseContentLength(Text value, uint64_t* out);

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

// Splits a chunk-size line (with its CRLF); `extension` is the number of bytes from the first `;` on.
Rule ParseChunkLine(Text line, uint64_t* size, size_t* extension);

// Why a chunk-size line that is too long to be true, of which these are the first bytes, is refused.
Rule DiagnoseLongChunkLine(Text beginning);

// Which fields matter to the parser itself.
enum class Field : uint8_t { kOther, kHost, kExpect, kContentType, kContentLength, kTransferEncoding };
Field FieldOf(Text name);

// Fields for framing, routing, authentication, request modifiers and content format, RFC 9110 6.5.1.
bool IsForbiddenTrailer(Text name);

// Why llhttp refused the field line (with its CRLF) that `error` was raised in.
Rule DiagnoseField(Text line, int error);

}  // namespace junicorn
