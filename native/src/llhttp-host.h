// The host executable's own llhttp: what we call of it, bound by the dynamic linker. `node` exports these symbols to
// addons, so every security release of Node patches our parser too.
#pragma once

#include <cstddef>
#include <cstdint>

namespace junicorn {

// Opaque: never read, only handed to the functions below. llhttp_t has about 120 bytes in 9.x.
struct alignas(16) LlhttpStorage {
  unsigned char bytes[256];
};

using LlhttpDataCallback = int (*)(LlhttpStorage*, const char* at, size_t length);
using LlhttpCallback = int (*)(LlhttpStorage*);

constexpr int kLlhttpRequest = 1;

// llhttp_errno_t, the values of 9.x that we tell apart.
enum LlhttpErrno : int {
  HPE_OK = 0,
  HPE_UNEXPECTED_CONTENT_LENGTH = 4,
  HPE_INVALID_METHOD = 6,
  HPE_INVALID_URL = 7,
  HPE_INVALID_CONSTANT = 8,
  HPE_INVALID_VERSION = 9,
  HPE_INVALID_CONTENT_LENGTH = 11,
  HPE_INVALID_TRANSFER_ENCODING = 15,
  HPE_PAUSED_UPGRADE = 22,
  HPE_USER = 24,
};

// llhttp_settings_t: a plain table of callbacks, whose layout depends on the version (9.3 put `on_protocol` second and
// `on_protocol_complete` before `on_url_complete`). Unused slots stay null.
class LlhttpSettings {
 public:
  struct Callbacks {
    LlhttpDataCallback header_field;
    LlhttpDataCallback header_value;
    LlhttpCallback headers_complete;
    LlhttpDataCallback body;
    LlhttpCallback message_complete;
  };

  // Fills the table for llhttp `version` ("9.3.1"). False if that version is not known to us.
  bool Fill(const char* version, const Callbacks& callbacks);

 private:
  void* slots_[40] = {};  // 26 in 9.4; the rest is room for additions at the end
};

}  // namespace junicorn

extern "C" {
void llhttp_init(junicorn::LlhttpStorage*, int type, const junicorn::LlhttpSettings*);
void llhttp_reset(junicorn::LlhttpStorage*);
int llhttp_execute(junicorn::LlhttpStorage*, const char* data, size_t length);
const char* llhttp_get_error_pos(const junicorn::LlhttpStorage*);
int llhttp_should_keep_alive(const junicorn::LlhttpStorage*);
uint8_t llhttp_get_upgrade(junicorn::LlhttpStorage*);
void llhttp_resume_after_upgrade(junicorn::LlhttpStorage*);
}
