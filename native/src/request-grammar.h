// What a request may look like where llhttp is more lenient than we are, and the rule that is broken where it is not.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules.h"

namespace junicorn {

// A piece of text that somebody else owns.
struct Text {
  const char* data;
  size_t size;

  static Text Between(const char* begin, const char* end) { return {begin, static_cast<size_t>(end - begin)}; }

  // True if equal to `lower`, which is in lower case, in whatever case this is.
  bool EqualsIgnoringCase(const char* lower, size_t length) const;
};

// Without the white space around it.
Text Trim(Text value);

// A token, RFC 9110 5.6.2: what a name or a method may be. Never empty.
bool IsToken(Text text);

// Only characters that may be in the value of a field.
bool IsFieldValue(Text text);

// Only visible ASCII, as in a target.
bool IsVisible(Text text);

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

// Splits a chunk-size line (with its CRLF); `extension` is the number of bytes from the first `;` on.
Rule ParseChunkLine(Text line, uint64_t* size, size_t* extension);

// Why a chunk-size line that is too long to be true, of which these are the first bytes, is refused.
Rule DiagnoseLongChunkLine(Text beginning);

// Why llhttp refused the field line (with its CRLF) that `error` was raised in.
Rule DiagnoseField(Text line, int error);

}  // namespace junicorn
