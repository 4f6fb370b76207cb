#include "uws-binary.h"

#include "host-symbol.h"

namespace junicorn {

namespace {

// uWS::HttpContext<secure>::init(), the lambdas in it.
constexpr const char* kOnData[] = {"_ZZN3uWS11HttpContextILb0EE4initEvENUlP11us_socket_tPciE_8__invokeES3_S4_i",
                                   "_ZZN3uWS11HttpContextILb1EE4initEvENUlP11us_socket_tPciE_8__invokeES3_S4_i"};
constexpr const char* kOnClose[] = {"_ZZN3uWS11HttpContextILb0EE4initEvENUlP11us_socket_tiPvE_8__invokeES3_iS4_",
                                    "_ZZN3uWS11HttpContextILb1EE4initEvENUlP11us_socket_tiPvE_8__invokeES3_iS4_"};

// The first of three lambdas that take a socket alone: on_writable, on_end, on_timeout.
constexpr const char* kOnWritable = "_ZZN3uWS11HttpContextILb0EE4initEvENUlP11us_socket_tE_8__invokeES3_";

template <typename Function>
void Take(void* library, const char* name, Function* function, std::string* missing) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (!*function && missing->empty()) *missing = name;
}

}  // namespace

const UwsBinary* UwsBinary::loaded = nullptr;

std::string UwsBinary::Find(const char* path) {
  void* library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
  if (!library) return path;
  std::string missing;
  Take(library, "us_socket_context", &context, &missing);
  Take(library, "us_socket_ext", &extension, &missing);
  Take(library, "us_socket_is_closed", &is_closed, &missing);
  Take(library, "us_socket_close", &close, &missing);
  Take(library, "us_socket_context_loop", &loop, &missing);
  Take(library, "us_socket_write", &write, &missing);
  Take(library, "us_poll_events", &poll_events, &missing);
  Take(library, "us_poll_change", &change_poll, &missing);
  Take(library, "us_socket_timeout", &timeout, &missing);
  Take(library, "us_socket_context_on_data", &set_on_data, &missing);
  Take(library, "us_socket_context_on_close", &set_on_close, &missing);
  Take(library, "us_socket_context_on_writable", &set_on_writable, &missing);
  Take(library, kOnWritable, &on_writable, &missing);
  for (int secure = 0; secure < 2; secure++) {
    Take(library, kOnData[secure], &on_data[secure], &missing);
    Take(library, kOnClose[secure], &on_close[secure], &missing);
  }
  // It stays loaded: uWebSockets has objects on the event loop.
  return missing;
}

}  // namespace junicorn
