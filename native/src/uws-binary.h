// The functions of uSockets, on which uWebSockets stands, that its binary exports: all but the handlers are of its
// public interface (libusockets.h).
#pragma once

#include <string>

#include "uws-layout.h"

namespace junicorn {

struct UwsContext;
struct UwsLoop;

using UwsOnData = UwsSocket* (*)(UwsSocket* socket, char* data, int length);
using UwsOnWritable = UwsSocket* (*)(UwsSocket* socket);
using UwsOnClose = UwsSocket* (*)(UwsSocket* socket, int code, void* reason);

struct UwsBinary {
  // What uWebSockets gives a client for what it is waiting for.
  static constexpr unsigned kSeconds = 10;

  // Of the process: connections may be closed when no environment is left. Null until it is found.
  static const UwsBinary* loaded;

  // Finds them in the binary at `path`, which is loaded. Returns what is missing; "": nothing.
  std::string Find(const char* path);

  // The first argument: over TLS.
  UwsContext* (*context)(int secure, UwsSocket* socket);
  void* (*extension)(int secure, UwsSocket* socket);
  UwsLoop* (*loop)(int secure, UwsContext* context);
  int (*is_closed)(int secure, UwsSocket* socket);
  UwsSocket* (*close)(int secure, UwsSocket* socket, int code, void* reason);
  void (*timeout)(int secure, UwsSocket* socket, unsigned seconds);
  // Returns how much the kernel has taken; if that is not all, it is going to tell of room.
  int (*write)(int secure, UwsSocket* socket, const char* data, int length, int more_follows);
  // The events are libuv's. What is polled for room has some of an answer left to send.
  int (*poll_events)(UwsSocket* socket);
  void (*change_poll)(UwsSocket* socket, UwsLoop* loop, int events);
  void (*set_on_data)(int secure, UwsContext* context, UwsOnData on_data);
  void (*set_on_close)(int secure, UwsContext* context, UwsOnClose on_close);
  void (*set_on_writable)(int secure, UwsContext* context, UwsOnWritable on_writable);

  // uWebSockets' own handlers of what comes in on its HTTP connections, and of their end, by the same argument; and of
  // room, on plain ones.
  UwsOnData on_data[2];
  UwsOnClose on_close[2];
  UwsOnWritable on_writable;
};

}  // namespace junicorn
