#include "request-grammar.h"

#include <cstring>

#include "llhttp-host.h"

namespace junicorn {

namespace {

// Character classes, one bit each.
enum : uint8_t { kToken = 1, kTarget = 2, kRegName = 4, kHex = 8, kValue = 16 };

struct CharTable {
  uint8_t of[256] = {};

  constexpr void Add(const char* characters, uint8_t bits) {
    for (; *characters; characters++) of[static_cast<uint8_t>(*characters)] |= bits;
  }
  constexpr CharTable() {
    Add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", kToken | kRegName);
    Add("!#$%&'*+-.^_`|~", kToken);
    Add("-._~!$&'()*+,;=%", kRegName);
    Add("0123456789abcdefABCDEF", kHex);
    for (int c = 0x21; c < 0x7f; c++) of[c] |= kTarget;
    for (int c = 0x20; c < 0x100; c++) of[c] |= kValue;
    of[0x7f] = 0;
    of[static_cast<int>('\t')] |= kValue;
  }
};
constexpr CharTable kChars;

bool Is(char c, uint8_t bits) {
  return kChars.of[static_cast<uint8_t>(c)] & bits;
}

bool AllAre(const char* p, const char* end, uint8_t bits) {
  for (; p < end; p++) {
    if (!Is(*p, bits)) return false;
  }
  return true;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool IsPort(const char* p, const char* end, bool required) {
  if (p == end) return !required;
  uint32_t port = 0;
  for (; p < end; p++) {
    if (!IsDigit(*p)) return false;
    port = port * 10 + static_cast<uint32_t>(*p - '0');
    if (port > 65535) return false;
  }
  return true;
}

bool IsMethodShaped(const char* p, const char* end) {
  if (end - p < 3 || end - p > 20) return false;
  for (; p < end; p++) {
    if (!(*p >= 'A' && *p <= 'Z') && *p != '-') return false;
  }
  return true;
}

// RFC 9112 3.2: origin-form, absolute-form (http and https only), authority-form for CONNECT, asterisk-form for
// OPTIONS.
bool IsTarget(Text method, Text target) {
  const char* end = target.data + target.size;
  if (target.size == 0 || !AllAre(target.data, end, kTarget)) return false;
  if (method.EqualsIgnoringCase("connect", 7)) return IsHost(target, true);
  if (*target.data == '/') return true;
  if (target.size == 1 && *target.data == '*') return method.EqualsIgnoringCase("options", 7);
  size_t scheme = 0;
  if (Text{target.data, target.size < 7 ? target.size : 7}.EqualsIgnoringCase("http://", 7)) scheme = 7;
  if (Text{target.data, target.size < 8 ? target.size : 8}.EqualsIgnoringCase("https://", 8)) scheme = 8;
  if (scheme == 0) return false;
  const char* authority = target.data + scheme;
  const char* stop = authority;
  while (stop < end && *stop != '/' && *stop != '?' && *stop != '#') stop++;
  return IsHost({authority, static_cast<size_t>(stop - authority)}, false);
}

}  // namespace

Text Trim(Text value) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (value.size > 0 && is_space(*value.data)) value = {value.data + 1, value.size - 1};
  while (value.size > 0 && is_space(value.data[value.size - 1])) value.size--;
  return value;
}

bool Text::EqualsIgnoringCase(const char* lower, size_t length) const {
  if (size != length) return false;
  for (size_t i = 0; i < length; i++) {
    if (Lower(data[i]) != lower[i]) return false;
  }
  return true;
}

bool IsToken(Text text) {
  return text.size > 0 && AllAre(text.data, text.data + text.size, kToken);
}

bool IsFieldValue(Text text) {
  return AllAre(text.data, text.data + text.size, kValue);
}

bool IsVisible(Text text) {
  return AllAre(text.data, text.data + text.size, kTarget);
}

Rule ParseRequestLine(Text line, RequestLine* out) {
  const char* begin = line.data;
  const char* end = line.data + line.size - 2;  // without CRLF
  if (line.size < 2 || *end != '\r') return Rule::kBareLf;
  if (line.size == 16 && memcmp(begin, "PRI * HTTP/2.0", 14) == 0) return Rule::kHttp2Preface;

  const char* first = static_cast<const char*>(memchr(begin, ' ', static_cast<size_t>(end - begin)));
  if (!IsMethodShaped(begin, first ? first : end)) return Rule::kBadMethod;
  if (!first) return Rule::kBadRequestLine;
  // llhttp knows PRI, but only to say that it is HTTP/2.
  if (first - begin == 3 && memcmp(begin, "PRI", 3) == 0) return Rule::kBadMethod;
  const char* last = static_cast<const char*>(memrchr(begin, ' ', static_cast<size_t>(end - begin)));
  if (last == first || last + 1 == end) return Rule::kBadRequestLine;
  const bool version_known = end - last == 9 && memcmp(last, " HTTP/1.", 8) == 0 && (last[8] == '0' || last[8] == '1');
  if (!version_known) return Rule::kBadVersion;

  out->method = Text::Between(begin, first);
  out->target = Text::Between(first + 1, last);
  out->minor = last[8] - '0';
  return IsTarget(out->method, out->target) ? Rule::kNone : Rule::kBadTarget;
}

bool IsHost(Text value, bool port_required) {
  const char* p = value.data;
  const char* end = p + value.size;
  if (p == end) return false;
  if (*p == '[') {
    const char* close = static_cast<const char*>(memchr(p, ']', value.size));
    if (!close || close - p < 3) return false;
    for (const char* c = p + 1; c < close; c++) {
      if (!Is(*c, kHex) && *c != ':' && *c != '.') return false;
    }
    p = close + 1;
  } else {
    const char* start = p;
    for (; p < end && *p != ':'; p++) {
      if (!Is(*p, kRegName)) return false;
      if (*p == '%' && (end - p < 3 || !Is(p[1], kHex) || !Is(p[2], kHex))) return false;
    }
    if (p == start) return false;
  }
  if (p == end) return !port_required;
  return *p == ':' && IsPort(p + 1, end, port_required);
}

bool ParseContentLength(Text value, uint64_t* out) {
  if (value.size == 0) return false;
  uint64_t length = 0;
  for (size_t i = 0; i < value.size; i++) {
    if (!IsDigit(value.data[i])) return false;
    length = length * 10 + static_cast<uint64_t>(value.data[i] - '0');
    if (length >= (uint64_t{1} << 53)) return false;
  }
  *out = length;
  return true;
}

Rule ParseChunkLine(Text line, uint64_t* size, size_t* extension) {
  const char* p = line.data;
  const char* end = line.data + line.size - 2;
  if (line.size < 2 || *end != '\r') return Rule::kBareLf;
  uint64_t value = 0;
  int digits = 0;
  for (; p < end && Is(*p, kHex); p++, digits++) {
    if (digits == 16 || value >> 49) return Rule::kBadChunk;  // 53 bits are what JavaScript counts
    value = value << 4 | static_cast<uint64_t>(IsDigit(*p) ? *p - '0' : Lower(*p) - 'a' + 10);
  }
  if (digits == 0 || (p < end && *p != ';')) return Rule::kBadChunk;
  *size = value;
  *extension = static_cast<size_t>(end - p);
  for (; p < end; p++) {
    if (!Is(*p, kTarget) && *p != ' ' && *p != '\t') return Rule::kBadChunk;
  }
  return Rule::kNone;
}

Rule DiagnoseLongChunkLine(Text beginning) {
  size_t digits = 0;
  while (digits < beginning.size && Is(beginning.data[digits], kHex)) digits++;
  const bool sized = digits > 0 && digits <= 16 && digits < beginning.size && beginning.data[digits] == ';';
  return sized ? Rule::kChunkExtensionTooLong : Rule::kBadChunk;
}

Rule DiagnoseField(Text line, int error) {
  if (line.size < 2) return Rule::kMalformed;
  const char* begin = line.data;
  const char* end = line.data + line.size - 2;
  // First what says more than the line, for it may be about the line before: an empty value is noticed only in the
  // next.
  if (error == HPE_INVALID_CONTENT_LENGTH) return Rule::kBadContentLength;
  if (error == HPE_UNEXPECTED_CONTENT_LENGTH) return Rule::kRepeatedContentLength;
  if (error == HPE_INVALID_TRANSFER_ENCODING && AllAre(begin, end, kValue)) return Rule::kTransferEncodingNotChunked;

  const char* colon = static_cast<const char*>(memchr(begin, ':', static_cast<size_t>(end - begin)));
  if (!colon || colon == begin) return Rule::kBadFieldName;
  const char* name_end = colon;
  while (name_end > begin && (name_end[-1] == ' ' || name_end[-1] == '\t')) name_end--;
  if (!AllAre(begin, name_end, kToken) || name_end == begin) return Rule::kBadFieldName;
  if (name_end != colon) return Rule::kSpaceBeforeColon;
  return AllAre(colon + 1, end, kValue) ? Rule::kMalformed : Rule::kBadFieldValue;
}

}  // namespace junicorn
