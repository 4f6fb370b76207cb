#include "llhttp-host.h"

#include <charconv>
#include <cstring>

namespace junicorn {

bool LlhttpSettings::Fill(const char* version, const Callbacks& callbacks) {
  const char* end = version + strlen(version);
  int major = 0;
  int minor = 0;
  const char* rest = std::from_chars(version, end, major).ptr;
  if (major != 9 || rest == end || *rest != '.') return false;
  std::from_chars(rest + 1, end, minor);

  // begin, [protocol], url, status, method, version, header field and value, chunk extension name and value
  const int shift = minor >= 3 ? 1 : 0;
  slots_[5 + shift] = reinterpret_cast<void*>(callbacks.header_field);
  slots_[6 + shift] = reinterpret_cast<void*>(callbacks.header_value);
  slots_[9 + shift] = reinterpret_cast<void*>(callbacks.headers_complete);
  slots_[10 + shift] = reinterpret_cast<void*>(callbacks.body);
  slots_[11 + shift] = reinterpret_cast<void*>(callbacks.message_complete);
  return true;
}

}  // namespace junicorn
