// Requests on uWebSockets' plain connections that need nothing of it but their socket: here, and answered, as a whole.
// Neither its parser nor its objects see them, and a turn of the event loop hands all that came in it to JavaScript in
// one call. What turns out to need more is handed over to uWebSockets, as it came.
#pragma once

#include <vector>

#include "answer-text.h"
#include "environment.h"
#include "uws-binary.h"
#include "uws-slots.h"
#include "whole-request.h"

namespace junicorn {

class UwsShortcut final : public LoopObject {
 public:
  static constexpr int32_t kNone = -1;

  // `turn()` is called when there are requests; `event(slot, event)` for one that was taken by Next.
  UwsShortcut(Environment* environment, napi_value turn, napi_value event);
  ~UwsShortcut() override;
  void CloseAll() override;

  // --- for JavaScript; a slot is a request, from Next until its answer is out or it is handed over ---

  // Requests on the connections of the app that has this response are taken from now on; `app` is whatever its owner
  // likes.
  void Watch(UwsSocket* socket, int32_t app);
  // A connection begins, with a descriptor that may have been another's.
  void Opened(int fd);

  struct Request {
    int32_t slot = kNone;
    int32_t app = 0;
    UwsField* fields = nullptr;  // until the next call, as is the body
    Text body = {};
  };
  // The next request of this turn.
  Request Next();
  // Has uWebSockets serve it. Not while it is busy.
  void HandOver(uint32_t slot);
  // The same for one that JavaScript is not to see: once this turn is over.
  void PassOver(uint32_t slot);
  // The request after which uWebSockets has nothing of this connection is answered.
  void GiveBack(int fd);
  // Writes an answer: the status and the fields, a Date, the length (negative: none) and the body. False: not all of it
  // is out, and an event will come.
  bool Answer(uint32_t slot, napi_value lead, double length, napi_value body);
  int SocketOf(uint32_t slot);

  // --- for uWebSockets' handlers ---

  // True: it is taken. False: uWebSockets is to have it, and from then on all of this connection until it is given
  // back.
  bool Receive(UwsSocket* socket, int32_t app, const char* data, size_t size);
  // True: uWebSockets has nothing to do with it.
  bool Writable(UwsSocket* socket);
  // The request that uWebSockets is parsing is all that it has of this connection.
  void HasOnlyOne(UwsSocket* socket);
  void Closed(UwsSocket* socket);

 private:
  // UwsShortcutEvent of src/native-uws.ts.
  enum class Event : int32_t { kGone = 0, kMore = 1, kSent = 2 };

  using Slot = UwsSlots::Slot;

  Slot& At(uint32_t slot) { return slots_.At(slot); }
  void Leave(uint32_t slot);
  static size_t Send(UwsSocket* socket, Text text);
  void Sent(UwsSocket* socket, uint32_t slot);
  void Emit(uint32_t slot, Event event);
  void Turn();

  Environment* const environment_;
  uv_check_t* check_ = nullptr;
  napi_async_context async_ = nullptr;
  napi_ref turn_ = nullptr;
  napi_ref event_ = nullptr;
  UwsSlots slots_;
  std::vector<uint32_t> waiting_;
  size_t next_ = 0;
  std::vector<uint32_t> passed_over_;
  UwsField fields_[kMostHeadFields];
  AnswerText answer_;
};

}  // namespace junicorn
