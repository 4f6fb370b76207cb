// Every system call of the addon. Results are 0 or more, or -errno; EINTR is retried here.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace junicorn::sys {

struct Name {
  enum class Family { kIPv4, kIPv6, kUnix };
  Family family = Family::kUnix;
  std::string address;  // v4-mapped v6 addresses are shown as v4; abstract unix names start with @
  uint16_t port = 0;
};

// --- sockets ---

struct ListenOptions {
  std::string host;  // an IP address; empty with `path`
  uint16_t port = 0;
  std::string path;
  int backlog = 0;
  bool reuse_port = false;
  int defer_accept_seconds = 0;
};

// Returns the fd. On failure `*syscall` names the call that failed.
int Listen(const ListenOptions& options, const char** syscall);
// Non-blocking and close-on-exec.
int Accept(int fd, Name* peer);
int SocketName(int fd, Name* name);
int PeerName(int fd, Name* name);
int IsListening(int fd, bool* listening);
// False where the kernel does not say.
bool AcceptQueue(int fd, uint32_t* length, uint32_t* limit);
// The same of a unix socket, for which the kernel is asked over netlink.
bool UnixAcceptQueue(int fd, uint32_t* length, uint32_t* limit);

// No new connection begins on a TCP listener from now on, whichever process accepts from it; what waits in its queue,
// or is half there, still comes.
int CloseGate(int fd);

// At most about so many bytes wait in the kernel to be sent, on each connection that a TCP listener accepts from now
// on; beyond that the socket is full. 0: as many as the system lets (sysctl net.ipv4.tcp_wmem).
int LimitUnsent(int fd, int bytes);

// From now on at most so many bytes wait on a connected TCP socket to be read, if its peer keeps to the window. What
// waits already stays. A system with a lower net.core.rmem_max takes that. False if the kernel has not taken it.
bool LimitReceived(int fd, int bytes);

// How many bytes have come in on a TCP connection so far; the end of input may count as one. -1: the kernel does not
// say.
int64_t BytesReceived(int fd);

// Answers are written whole: there is nothing to wait for. What a listener accepts inherits it; other sockets ignore
// it.
void SetNoDelay(int fd);

ssize_t Receive(int fd, void* data, size_t size);
// Reads what waits without taking it.
ssize_t Peek(int fd, void* data, size_t size);
// Never raises SIGPIPE.
ssize_t Send(int fd, const iovec* vectors, size_t count);
int ShutdownWrite(int fd);
int ShutdownRead(int fd);
// A number that no other socket of this machine has had; fds are reused, this is not.
int SocketCookie(int fd, uint64_t* cookie);
int SetNonBlocking(int fd);
// The next Close sends RST.
int ResetOnClose(int fd);
int Close(int fd);
// `onto` is closed and becomes another descriptor of what `fd` is one of; children inherit it.
int Duplicate(int fd, int onto);
// Another descriptor of the same, close-on-exec.
int CopyDescriptor(int fd);
// The error that broke a socket, as a positive errno; 0 if none.
int SocketError(int fd);
bool IsReadable(int fd);
bool IsWritable(int fd);
// Neither end can be written to any more, or there is an error.
bool IsHungUp(int fd);

// --- memory and events ---

int CreateSharedMemory(const char* name, size_t size);
int MapShared(int fd, size_t size, void** memory);
void Unmap(void* memory, size_t size);
int CreateEvent();
int NotifyEvent(int fd);
int DrainEvent(int fd);
// Waits until one of two fds is readable: 1 or 2; 0 after `timeout_ms`, where that is not -1. A negative fd never is.
// Negative: -errno.
int WaitForEither(int first, int second, int timeout_ms = -1);
void WakeFutex(int32_t* address);

// --- process ---

double MonotonicMilliseconds();
// Puts what nobody can guess in place of what is there. Where the system lets nobody have that, it stays.
void Random(void* data, size_t size);
int SetParentDeathSignal(int signal);
int ParentProcess();
// An fd that is readable once the process has ended.
int OpenProcess(int pid);
void KillSelf();
// --- for signal handlers: nothing here allocates or locks ---

// Read-only, close-on-exec.
int OpenFile(const char* path);
ssize_t ReadFile(int fd, void* data, size_t size);
int SetSignalAction(int signal, const struct sigaction& action, struct sigaction* previous);
// For this thread; comes once the handler has returned, if it is one of that signal.
void RaiseSignal(int signal);
// Where handlers of this thread run that ask for it, unless it has another already.
void UseAlternateStack(void* memory, size_t size);

// --- other processes, and the databases of accounts ---

// Takes the status of a child that has ended, so that it is no zombie any more. 1: done; 0: it lives.
int Reap(int pid);

struct Account {
  std::string name;
  uint32_t id = 0;
  uint32_t group = 0;  // of a user: the primary one
};

// From the system's databases, by name or, in digits, by id. 1: found; 0: there is none.
int FindUser(const std::string& name, Account* account);
int FindGroup(const std::string& name, Account* account);

// Sends one datagram to a unix address; `@` stands for the abstract namespace.
int SendDatagram(const std::string& address, const std::string& text);

}  // namespace junicorn::sys
