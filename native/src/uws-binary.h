// The functions of uSockets, on which uWebSockets stands, that its binary exports: all but two are of its public
// interface (libusockets.h).
#pragma once

#include <string>

#include "uws-layout.h"

namespace junicorn {

struct UwsContext;

using UwsOnData = UwsSocket* (*)(UwsSocket* socket, char* data, int length);
using UwsOnClose = UwsSocket* (*)(UwsSocket* socket, int code, void* reason);

struct UwsBinary {
  // Finds them in the binary at `path`, which is loaded. Returns what is missing; "": nothing.
  std::string Find(const char* path);

  // The first argument: over TLS.
  UwsContext* (*context)(int secure, UwsSocket* socket);
  void* (*extension)(int secure, UwsSocket* socket);
  int (*is_closed)(int secure, UwsSocket* socket);
  void (*timeout)(int secure, UwsSocket* socket, unsigned seconds);
  void (*set_on_data)(int secure, UwsContext* context, UwsOnData on_data);
  void (*set_on_close)(int secure, UwsContext* context, UwsOnClose on_close);

  // uWebSockets' own handlers of what comes in on its HTTP connections, and of their end. By the same argument.
  UwsOnData on_data[2];
  UwsOnClose on_close[2];
};

}  // namespace junicorn
