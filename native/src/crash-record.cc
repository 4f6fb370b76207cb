#include "crash-record.h"

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstring>

#include "host-symbol.h"
#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

enum class Break : int32_t { kHeap = 1, kMemory = 2, kV8 = 3, kFault = 4 };

// As src/ipc/scoreboard-layout.ts has it.
struct Record {
  int32_t kind;
  int32_t signal;
  int32_t code;
  int32_t sender;
  uint64_t address;
  int32_t length;
  char text[512 - 28];
};
static_assert(sizeof(Record) == 512 && offsetof(Record, text) == 28);

// Signals, and V8's handlers of the worst, are the process's and come without any data of ours: these are the only
// statics of the addon.
std::atomic<Record*> record{nullptr};
Environment* owner = nullptr;
struct sigaction previous[32];
uint8_t alternate_stack[64 * 1024];

constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

void WriteText(Record* to, const char* text, size_t length) {
  if (length > sizeof to->text) length = sizeof to->text;
  memcpy(to->text, text, length);
  to->length = static_cast<int32_t>(length);
}

// --- V8 ---

// A missing symbol costs the record only. Node's own handlers do the rest.
using OnOutOfMemory = void (*)(const char* location, const void* details);
using OnFatalError = void (*)(const char* location, const char* message);
using GetCurrentIsolate = void* (*)();
using SetOutOfMemoryHandler = void (*)(void* isolate, OnOutOfMemory handler);
using SetFatalErrorHandler = void (*)(void* isolate, OnFatalError handler);

OnOutOfMemory node_out_of_memory = nullptr;
OnFatalError node_fatal_error = nullptr;

void RecordOutOfMemory(const char* location, const void* details) {
  if (Record* to = record) {
    // The first member of v8::OOMDetails is whether it is the heap of JavaScript that is full.
    const bool heap = details && *static_cast<const bool*>(details);
    WriteText(to, location ? location : "", location ? strlen(location) : 0);
    to->kind = static_cast<int32_t>(heap ? Break::kHeap : Break::kMemory);
  }
  node_out_of_memory(location, details);
}

void RecordFatalError(const char* location, const char* message) {
  if (Record* to = record) {
    const char* said = message ? message : location ? location : "";
    WriteText(to, said, strlen(said));
    to->kind = static_cast<int32_t>(Break::kV8);
  }
  node_fatal_error(location, message);
}

void ListenToV8() {
  const auto get_isolate = HostSymbol<GetCurrentIsolate>("_ZN2v87Isolate10GetCurrentEv");
  void* isolate = get_isolate ? get_isolate() : nullptr;
  if (!isolate) return;
  const auto set_memory =
      HostSymbol<SetOutOfMemoryHandler>("_ZN2v87Isolate18SetOOMErrorHandlerEPFvPKcRKNS_10OOMDetailsEE");
  node_out_of_memory = HostSymbol<OnOutOfMemory>("_ZN4node15OOMErrorHandlerEPKcRKN2v810OOMDetailsE");
  if (set_memory && node_out_of_memory) set_memory(isolate, RecordOutOfMemory);
  const auto set_fatal = HostSymbol<SetFatalErrorHandler>("_ZN2v87Isolate20SetFatalErrorHandlerEPFvPKcS2_E");
  node_fatal_error = HostSymbol<OnFatalError>("_ZN4node12OnFatalErrorEPKcS1_");
  if (set_fatal && node_fatal_error) set_fatal(isolate, RecordFatalError);
}

// --- the processor: from here on only what may be called in a signal handler ---

uintptr_t InstructionOf(void* context) {
#if defined(__x86_64__)
  return static_cast<uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.pc);
#else
  static_cast<void>(context);
  return 0;
#endif
}

// Lines of /proc/self/maps, "start-end permissions offset device inode   /path", a character at a time.
class Maps {
 public:
  Maps() : fd_(sys::OpenFile("/proc/self/maps")) {}
  ~Maps() {
    if (fd_ >= 0) sys::Close(fd_);
  }

  // The next character, 0 at the end.
  char Next() {
    if (at_ == size_) {
      const ssize_t got = fd_ < 0 ? 0 : sys::ReadFile(fd_, buffer_, sizeof buffer_);
      if (got <= 0) return 0;
      size_ = static_cast<size_t>(got);
      at_ = 0;
    }
    return buffer_[at_++];
  }

  // Up to a character that is no hexadecimal digit, which is taken.
  uintptr_t NextNumber() {
    uintptr_t number = 0;
    for (char c = Next();; c = Next()) {
      if (c >= '0' && c <= '9') {
        number = number * 16 + static_cast<uintptr_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        number = number * 16 + static_cast<uintptr_t>(c - 'a' + 10);
      } else {
        return number;
      }
    }
  }

 private:
  int fd_;
  size_t at_ = 0;
  size_t size_ = 0;
  char buffer_[1024];
};

// The file whose code is at that address; empty if it is no file's, as code that V8 has compiled.
void WriteFile(Record* to, uintptr_t instruction) {
  Maps maps;
  to->length = 0;
  for (char c = ' '; c != 0;) {
    const uintptr_t start = maps.NextNumber();
    const uintptr_t end = maps.NextNumber();
    const bool wanted = instruction >= start && instruction < end;
    bool in_path = false;
    size_t length = 0;
    for (c = maps.Next(); c != 0 && c != '\n'; c = maps.Next()) {
      in_path = in_path || c == '/';
      if (wanted && in_path && length < sizeof to->text) to->text[length++] = c;
    }
    if (wanted) {
      to->length = static_cast<int32_t>(length);
      return;
    }
  }
}

void OnFault(int signal, siginfo_t* info, void* context) {
  if (Record* to = record) {
    to->signal = signal;
    to->code = info->si_code;
    // Sent by a process, or met by this one: the two share the same bytes.
    to->sender = info->si_code <= 0 ? info->si_pid : 0;
    to->address = info->si_code <= 0 ? 0 : reinterpret_cast<uintptr_t>(info->si_addr);
    to->length = 0;
    to->kind = static_cast<int32_t>(Break::kFault);
    if (info->si_code > 0) WriteFile(to, InstructionOf(context));
  }
  // Node's, which recovers from faults that WebAssembly means to make, or else ends the process.
  const struct sigaction& before = previous[signal];
  if (before.sa_flags & SA_SIGINFO) return before.sa_sigaction(signal, info, context);
  // As if we had never been here: what was met is met again, and what was sent is sent once more, as is a breakpoint,
  // after which the processor would go on.
  sys::SetSignalAction(signal, before, nullptr);
  if (info->si_code <= 0 || signal == SIGTRAP) sys::RaiseSignal(signal);
}

void ListenToFaults() {
  sys::UseAlternateStack(alternate_stack, sizeof alternate_stack);
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int signal : kFaults) sys::SetSignalAction(signal, action, &previous[signal]);
}

napi_value RecordCrashes(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  Bytes area;
  if (!GetBytes(env, arguments.at[0], "area", &area)) return nullptr;
  if (area.size != sizeof(Record) || reinterpret_cast<uintptr_t>(area.data) % alignof(Record) != 0) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "area must have 512 bytes, and be aligned to 8");
    return nullptr;
  }
  if (owner) {
    napi_throw_error(env, "ERR_CRASH_RECORD", "this process has a crash record already");
    return nullptr;
  }
  owner = environment;
  // The memory stays as long as the environment.
  napi_ref reference;
  napi_create_reference(env, arguments.at[0], 1, &reference);
  record = reinterpret_cast<Record*>(area.data);
  ListenToV8();
  ListenToFaults();
  return nullptr;
}

}  // namespace

void ForgetCrashRecord(Environment* environment) {
  if (owner == environment) record = nullptr;
}

void DefineCrashRecord(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"recordCrashes", RecordCrashes}, environment);
}

}  // namespace junicorn
