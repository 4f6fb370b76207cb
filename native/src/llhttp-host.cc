#include "llhttp-host.h"

#include <cstdlib>

namespace junicorn {

bool LlhttpSettings::Fill(const char* version, const Callbacks& callbacks) {
  char* rest = nullptr;
  const long major = strtol(version, &rest, 10);
  if (major != 9 || *rest != '.') return false;
  const long minor = strtol(rest + 1, nullptr, 10);

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
