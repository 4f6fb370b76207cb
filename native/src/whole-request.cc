#include "whole-request.h"

#include <algorithm>
#include <cstring>

namespace junicorn {

namespace {

constexpr char kVersion[] = " HTTP/1.1\r\n";
constexpr char kEnd[] = "\r\n\r\n";
constexpr size_t kEndSize = sizeof kEnd - 1;

constexpr Text kLength = {"content-length", 14};
constexpr Text kUpgrade = {"upgrade", 7};
constexpr Text kEncoding = {"transfer-encoding", 17};
constexpr Text kExpect = {"expect", 6};

template <typename Char>
Char* Find(char character, Char* begin, const char* end) {
  return static_cast<Char*>(memchr(begin, character, static_cast<size_t>(end - begin)));
}

// Whether a field asks for what uWebSockets has to do.
bool IsOthers(Text name) {
  for (const Text others : {kUpgrade, kEncoding, kExpect}) {
    if (name.EqualsIgnoringCase(others.data, others.size)) return true;
  }
  return false;
}

// The value of the first field by that name, in lower case, in the lines up to `end`, which is the last line's. Null:
// there is none.
Text ValueOf(Text name, const char* data, const char* end) {
  for (const char* line = data; (line = Find('\n', line, end)) != nullptr;) {
    line++;
    if (static_cast<size_t>(end - line) <= name.size || line[name.size] != ':' ||
        !Text{line, name.size}.EqualsIgnoringCase(name.data, name.size))
      continue;
    const char* line_end = Find('\r', line, end);
    return Trim(Text::Between(line + name.size + 1, line_end ? line_end : end));
  }
  return {nullptr, 0};
}

// 0: it is not said, or wrongly.
uint64_t DeclaredLength(const char* data, const char* end) {
  const Text value = ValueOf(kLength, data, end);
  uint64_t length = 0;
  return value.data && ParseContentLength(value, &length) ? length : 0;
}

// Of the line that ends it; null: it is not there.
const char* HeadEnd(const char* data, size_t size) {
  return static_cast<const char*>(memmem(data, size, kEnd, kEndSize));
}

}  // namespace

size_t FirstRequest(const char* data, size_t size) {
  const size_t most = std::min(size, kMostWholeBytes);
  const char* end = HeadEnd(data, most);
  if (!end) return 0;
  const size_t head = static_cast<size_t>(end - data) + kEndSize;
  if (head == size) return head;
  const uint64_t body = DeclaredLength(data, end);
  return body <= most - head ? head + static_cast<size_t>(body) : 0;
}

uint64_t FramedSize(const char* data, size_t size) {
  const char* end = HeadEnd(data, std::min(size, kMostWholeBytes));
  if (!end || ValueOf(kUpgrade, data, end).data || ValueOf(kEncoding, data, end).data) return 0;
  return static_cast<uint64_t>(end - data) + kEndSize + DeclaredLength(data, end);
}

bool IsPartOfHead(const char* data, size_t size) {
  return size < kMostWholeBytes && !HeadEnd(data, size);
}

Text WithoutBlankLines(Text text) {
  constexpr int kMost = 2;  // as the parser
  for (int i = 0; i < kMost && text.size > 1 && text.data[0] == '\r' && text.data[1] == '\n'; i++)
    text = {text.data + 2, text.size - 2};
  return text;
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
