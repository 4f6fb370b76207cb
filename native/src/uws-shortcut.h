// Requests on uWebSockets' plain connections that need nothing of it but their socket: here, and answered, as a whole.
// Neither its parser nor its objects see them, and a turn of the event loop hands all that came in it to JavaScript in
// one call. What turns out to need more is handed over to uWebSockets, as it came.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
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
  // The same for one that JavaScript is not to see: once this turn is over. `is_last`: nothing behind it is
  // served.
  void PassOver(uint32_t slot, bool is_last);
  // The request after which uWebSockets has nothing of this connection is answered.
  void GiveBack(int fd);
  // Writes an answer: the status and the fields, a Date, the length (negative: none) and the body. False: not all of it
  // is out, and an event will come.
  bool Answer(uint32_t slot, napi_value lead, double length, napi_value body);
  int SocketOf(uint32_t slot);
  // A part of a request is here.
  bool HasPart(int fd);

  // --- for uWebSockets' handlers ---

  // True: it is taken. False: uWebSockets is to have what this leaves of it, and from then on all of this connection
  // until it is given back.
  bool Receive(UwsSocket* socket, int32_t app, Text* text);
  // True: uWebSockets has nothing to do with it.
  bool Writable(UwsSocket* socket);
  // uWebSockets has sent some of what it had kept.
  void Written(UwsSocket* socket);
  // The request that uWebSockets is parsing is all that it has of this connection.
  void HasOnlyOne(UwsSocket* socket);
  // It gets that request alone, and all that comes behind it is kept until it is given back.
  bool IsLent(int fd) { return slots_.Connection(fd) == UwsSlots::kLent; }
  void Closed(UwsSocket* socket);

 private:
  // UwsShortcutEvent of src/native-uws.ts.
  enum class Event : int32_t { kGone = 0, kSent = 1 };

  using Slot = UwsSlots::Slot;

  struct Handles {
    uv_check_t check;
    // While it runs, the loop does not wait for anything before `check`.
    uv_idle_t idle;
  };

  // What has come on a connection that is lent, behind the request.
  struct Held {
    UwsSocket* socket = nullptr;
    int32_t app = 0;
    std::string bytes;
    uint64_t body_left = 0;  // before that
    bool is_answered = false;
  };

  Slot& At(uint32_t slot) { return slots_.At(slot); }
  void Take(UwsSocket* socket, int32_t app, Text request, Text after);
  // Behind a request that has a slot.
  void Queue(uint32_t slot, Text text);
  // Behind one that uWebSockets has.
  void Hold(UwsSocket* socket, int32_t app, Text text);
  // Leaves of what has come what uWebSockets is to have.
  void Lend(UwsSocket* socket, int32_t app, Text* text);
  // The same once it is lent. False: that is nothing.
  bool LendMore(UwsSocket* socket, int32_t app, Text* text);
  bool IsHeld(int fd) const { return !held_.empty() && held_.count(fd) > 0; }
  void Resume(int fd);
  // With what has come behind the request that was answered.
  void Continue(uint32_t slot);
  void Wake();
  void End();
  void Leave(uint32_t slot);
  static size_t Send(UwsSocket* socket, Text text);
  void Sent(UwsSocket* socket, uint32_t slot);
  void Emit(uint32_t slot, Event event);
  void Turn();

  Environment* const environment_;
  Handles* handles_ = nullptr;
  std::unique_ptr<Handles> closing_;
  napi_async_context async_ = nullptr;
  napi_ref turn_ = nullptr;
  napi_ref event_ = nullptr;
  UwsSlots slots_;
  std::vector<uint32_t> waiting_;
  size_t next_ = 0;
  std::vector<uint32_t> passed_over_;
  // By descriptor; and those on which uWebSockets may be done.
  std::unordered_map<int, Held> held_;
  std::vector<int> resuming_;
  UwsField fields_[kMostHeadFields];
  AnswerText answer_;
};

}  // namespace junicorn
