#include "whole-head.h"

#include <cstring>

namespace junicorn {

namespace {

// A larger head is rare, and is not copied.
constexpr size_t kMostBytes = 16 * 1024;

constexpr char kVersion[] = " HTTP/1.1\r\n";
constexpr char kEnd[] = "\r\n\r\n";
constexpr size_t kEndSize = sizeof kEnd - 1;

char* Find(char character, char* begin, const char* end) {
  return static_cast<char*>(memchr(begin, character, static_cast<size_t>(end - begin)));
}

// Whether a field asks for what uWebSockets has to do.
bool IsOthers(Text name) {
  return name.EqualsIgnoringCase("upgrade", 7) || name.EqualsIgnoringCase("content-length", 14) ||
         name.EqualsIgnoringCase("transfer-encoding", 17) || name.EqualsIgnoringCase("expect", 6);
}

}  // namespace

bool IsOneHead(const char* data, size_t size) {
  return size > kEndSize && size <= kMostBytes && memcmp(data + size - kEndSize, kEnd, kEndSize) == 0 &&
         !memmem(data, size - 1, kEnd, kEndSize);
}

bool SplitHead(char* data, size_t size, UwsField* fields) {
  char* const end = data + size - 2;
  char* line_end = Find('\r', data, end);
  constexpr size_t kVersionSize = sizeof kVersion - 1;
  if (static_cast<size_t>(line_end - data) < kVersionSize) return false;
  char* version = line_end + 2 - kVersionSize;
  if (memcmp(version, kVersion, kVersionSize) != 0) return false;
  char* space = Find(' ', data, version);
  if (!space || space[1] != '/') return false;
  fields[0] = {{static_cast<size_t>(space - data), data}, {static_cast<size_t>(version - space - 1), space + 1}};
  char* line = line_end + 2;
  for (uint32_t i = 1; i < kMostHeadFields; i++) {
    if (line == end) {
      fields[i].name = {0, nullptr};
      return true;
    }
    line_end = Find('\r', line, end);
    if (!line_end || line_end[1] != '\n') return false;
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
