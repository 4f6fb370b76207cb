#include "whole-request.h"

#include <cstring>

namespace junicorn {

namespace {

constexpr char kVersion[] = " HTTP/1.1\r\n";
constexpr char kEnd[] = "\r\n\r\n";
constexpr size_t kEndSize = sizeof kEnd - 1;

constexpr char kLength[] = "content-length";
constexpr size_t kLengthSize = sizeof kLength - 1;

template <typename Char>
Char* Find(char character, Char* begin, const char* end) {
  return static_cast<Char*>(memchr(begin, character, static_cast<size_t>(end - begin)));
}

// Whether a field asks for what uWebSockets has to do.
bool IsOthers(Text name) {
  return name.EqualsIgnoringCase("upgrade", 7) || name.EqualsIgnoringCase("transfer-encoding", 17) ||
         name.EqualsIgnoringCase("expect", 6);
}

// What the first field by that name in the lines up to `end`, which is the last line's, says of the body's length; 0:
// nothing.
uint64_t DeclaredLength(const char* data, const char* end) {
  for (const char* line = data; (line = Find('\n', line, end)) != nullptr;) {
    line++;
    if (static_cast<size_t>(end - line) <= kLengthSize || line[kLengthSize] != ':' ||
        !Text{line, kLengthSize}.EqualsIgnoringCase(kLength, kLengthSize))
      continue;
    const char* line_end = Find('\r', line, end);
    uint64_t length = 0;
    return ParseContentLength(Trim(Text::Between(line + kLengthSize + 1, line_end ? line_end : end)), &length) ? length
                                                                                                               : 0;
  }
  return 0;
}

}  // namespace

bool IsOneRequest(const char* data, size_t size) {
  if (size > kMostWholeBytes) return false;
  const auto* end = static_cast<const char*>(memmem(data, size, kEnd, kEndSize));
  if (!end) return false;
  const char* head_end = end + kEndSize;
  return head_end == data + size || DeclaredLength(data, end) == static_cast<uint64_t>(data + size - head_end);
}

bool SplitRequest(char* data, size_t size, UwsField* fields, Text* body) {
  char* const end = data + size;
  char* line_end = Find('\r', data, end);
  constexpr size_t kVersionSize = sizeof kVersion - 1;
  if (!line_end || static_cast<size_t>(line_end - data) + 2 < kVersionSize) return false;
  char* version = line_end + 2 - kVersionSize;
  if (memcmp(version, kVersion, kVersionSize) != 0) return false;
  char* space = Find(' ', data, version);
  if (!space || space[1] != '/') return false;
  fields[0] = {{static_cast<size_t>(space - data), data}, {static_cast<size_t>(version - space - 1), space + 1}};
  char* line = line_end + 2;
  for (uint32_t i = 1; i < kMostHeadFields; i++) {
    line_end = Find('\r', line, end);
    if (!line_end || line_end + 1 == end || line_end[1] != '\n') return false;
    if (line == line_end) {
      fields[i].name = {0, nullptr};
      *body = Text::Between(line + 2, end);
      return true;
    }
    char* colon = Find(':', line, line_end);
    if (!colon) return false;
    const Text name = Text::Between(line, colon);
    if (IsOthers(name)) return false;
    const Text value = Trim(Text::Between(colon + 1, line_end));
    fields[i] = {{name.size, name.data}, {value.size, value.data}};
    line = line_end + 2;
  }
  return false;
}

}  // namespace junicorn
