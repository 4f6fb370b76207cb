#include "syscalls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <vector>

namespace junicorn::sys {

namespace {

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

template <typename Call>
auto Retry(Call call) -> decltype(call()) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result == -1 ? static_cast<decltype(result)>(-errno) : result;
}

Name NameOf(const Address& address, socklen_t size) {
  Name name;
  char text[INET6_ADDRSTRLEN] = "";
  if (size >= sizeof(sockaddr_in) && address.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof text);
    name = {Name::Family::kIPv4, text, ntohs(address.v4.sin_port)};
  } else if (size >= sizeof(sockaddr_in6) && address.any.sa_family == AF_INET6) {
    const in6_addr& ip = address.v6.sin6_addr;
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&ip);
    mapped ? inet_ntop(AF_INET, ip.s6_addr + 12, text, sizeof text) : inet_ntop(AF_INET6, &ip, text, sizeof text);
    name = {mapped ? Name::Family::kIPv4 : Name::Family::kIPv6, text, ntohs(address.v6.sin6_port)};
  } else if (size > offsetof(sockaddr_un, sun_path) && address.any.sa_family == AF_UNIX) {
    const size_t length = size - offsetof(sockaddr_un, sun_path);
    const char* path = address.local.sun_path;
    name.address = path[0] ? std::string(path, strnlen(path, length)) : "@" + std::string(path + 1, length - 1);
  }
  return name;
}

// 0 if `path` does not fit.
socklen_t LocalAddress(const std::string& path, Address* out) {
  if (path.empty() || path.size() >= sizeof out->local.sun_path) return 0;
  out->local.sun_family = AF_UNIX;
  memcpy(out->local.sun_path, path.data(), path.size());
  const bool abstract = path[0] == '@';
  if (abstract) out->local.sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
}

socklen_t ListenAddress(const ListenOptions& options, Address* out) {
  if (!options.path.empty()) return LocalAddress(options.path, out);
  if (inet_pton(AF_INET, options.host.c_str(), &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(options.port);
    return sizeof out->v4;
  }
  if (inet_pton(AF_INET6, options.host.c_str(), &out->v6.sin6_addr) == 1) {
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(options.port);
    return sizeof out->v6;
  }
  return 0;
}

int SetOption(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0 ? 0 : -errno;
}

int Configure(int fd, const ListenOptions& options, const Address& address) {
  if (address.any.sa_family == AF_UNIX) return 0;
  int error = SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (!error && options.reuse_port) error = SetOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  // [::] serves both families, as Node's listeners do, whatever the system's default is.
  if (!error && address.any.sa_family == AF_INET6) error = SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (!error && options.defer_accept_seconds > 0) {
    error = SetOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, options.defer_accept_seconds);
  }
  return error;
}

// True if all of it is one number that an id can be.
bool ParseId(const std::string& text, uint32_t* id) {
  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != std::string::npos) return false;
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  *id = static_cast<uint32_t>(number);
  return number < UINT32_MAX;
}

// Calls one of the databases' functions with as much room as it wants.
template <typename Entry, typename Call>
int LookUp(Entry* entry, std::vector<char>* room, Call call) {
  for (room->resize(1024); room->size() <= 1 << 20; room->resize(room->size() * 2)) {
    Entry* found = nullptr;
    const int error = call(entry, room, &found);
    if (error == 0) return found ? 1 : 0;
    if (error == ENOENT || error == ESRCH) return 0;
    if (error != ERANGE && error != EINTR) return -error;
  }
  return -ERANGE;
}

// Now, or there is an error to be met.
bool Is(int fd, short event) {
  pollfd poll_fd = {fd, event, 0};
  return Retry([&] { return poll(&poll_fd, 1, 0); }) > 0;
}

}  // namespace

int Listen(const ListenOptions& options, const char** syscall) {
  Address address = {};
  const socklen_t size = ListenAddress(options, &address);
  *syscall = "bind";
  if (size == 0) return options.path.empty() ? -EINVAL : -ENAMETOOLONG;
  *syscall = "socket";
  const int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd == -1) return -errno;

  int error = Configure(fd, options, address);
  *syscall = "setsockopt";
  if (!error) {
    *syscall = "bind";
    error = bind(fd, &address.any, size) == 0 ? 0 : -errno;
  }
  if (!error) {
    *syscall = "listen";
    error = listen(fd, options.backlog) == 0 ? 0 : -errno;
  }
  if (!error) return fd;
  close(fd);
  return error;
}

int Accept(int fd, Name* peer) {
  Address address = {};
  socklen_t size = sizeof address;
  const int connection = Retry([&] {
    size = sizeof address;
    return accept4(fd, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  });
  if (connection < 0) return connection;
  *peer = NameOf(address, size);
  return connection;
}

int LimitUnsent(int fd, int bytes) {
  return SetOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

bool LimitReceived(int fd, int bytes) {
  // The kernel takes twice what it is asked for, and counts its own structures in it.
  int taken = 0;
  socklen_t size = sizeof taken;
  return SetOption(fd, SOL_SOCKET, SO_RCVBUF, bytes / 2) == 0 &&
         getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &taken, &size) == 0 && taken <= bytes;
}

int64_t BytesReceived(int fd) {
  // The kernel's tcp_info goes on where glibc's ends: its 17th number of 64 bits, since Linux 4.1.
  uint64_t info[17];
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == -1 || size < sizeof info) return -1;
  return static_cast<int64_t>(info[16]);
}

int CloseGate(int fd) {
  // The 14th byte of a TCP header holds its flags. What begins a connection has SYN and no ACK, and is dropped; a
  // filter that let nothing pass would drop the end of handshakes, too. What is accepted inherits the filter, and never
  // gets such a segment.
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TH_SYN | TH_ACK),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TH_SYN, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  const sock_fprog program = {sizeof code / sizeof *code, code};
  // Where filters are not to be had, a backlog of 0 drops them, too, as long as anything waits.
  const bool filtered = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
  if (!filtered && listen(fd, 0) == -1) return -errno;
  // Connections that have not sent anything yet come up, too, when the kernel repeats its SYN-ACK.
  SetOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0);
  return 0;
}

void SetNoDelay(int fd) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int SocketName(int fd, Name* name) {
  Address address = {};
  socklen_t size = sizeof address;
  if (getsockname(fd, &address.any, &size) == -1) return -errno;
  *name = NameOf(address, size);
  return 0;
}

int PeerName(int fd, Name* name) {
  Address address = {};
  socklen_t size = sizeof address;
  if (getpeername(fd, &address.any, &size) == -1) return -errno;
  *name = NameOf(address, size);
  return 0;
}

int IsListening(int fd, bool* listening) {
  int value = 0;
  socklen_t size = sizeof value;
  *listening = false;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == -1) return errno == ENOTSOCK ? 0 : -errno;
  *listening = value != 0;
  return 0;
}

bool AcceptQueue(int fd, uint32_t* length, uint32_t* limit) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1 || info.tcpi_state != TCP_LISTEN) return false;
  // For a listener the kernel reports its queue in these two.
  *length = info.tcpi_unacked;
  *limit = info.tcpi_sacked;
  return true;
}

bool UnixAcceptQueue(int fd, uint32_t* length, uint32_t* limit) {
  bool listening = false;
  struct stat file = {};
  // By number: glibc's own fstat is a symbol from 2.33 on, and both libraries have the kernel's struct on 64 bits.
  if (IsListening(fd, &listening) != 0 || !listening || syscall(SYS_fstat, fd, &file) == -1) return false;
  struct {
    nlmsghdr head;
    unix_diag_req body;
  } request = {};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = AF_UNIX;
  request.body.udiag_states = ~0u;
  request.body.udiag_ino = static_cast<uint32_t>(file.st_ino);
  request.body.udiag_show = UDIAG_SHOW_RQLEN;
  request.body.udiag_cookie[0] = request.body.udiag_cookie[1] = ~0u;
  const int link = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (link == -1) return false;
  alignas(nlmsghdr) char answer[512];
  const bool sent = Retry([&] { return send(link, &request, sizeof request, 0); }) == sizeof request;
  // The kernel answers before send returns.
  const ssize_t size = sent ? Retry([&] { return recv(link, answer, sizeof answer, MSG_DONTWAIT); }) : -1;
  close(link);
  auto* head = reinterpret_cast<nlmsghdr*>(answer);
  if (size < static_cast<ssize_t>(NLMSG_SPACE(sizeof(unix_diag_msg))) || !NLMSG_OK(head, static_cast<uint32_t>(size)) ||
      head->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
    return false;
  }
  auto* body = static_cast<unix_diag_msg*>(NLMSG_DATA(head));
  auto left = static_cast<unsigned>(head->nlmsg_len - NLMSG_SPACE(sizeof *body));
  for (auto* part = reinterpret_cast<rtattr*>(body + 1); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
    if (part->rta_type != UNIX_DIAG_RQLEN || RTA_PAYLOAD(part) < sizeof(unix_diag_rqlen)) continue;
    auto* queue = static_cast<unix_diag_rqlen*>(RTA_DATA(part));
    *length = queue->udiag_rqueue;
    *limit = queue->udiag_wqueue;
    return true;
  }
  return false;
}

ssize_t Receive(int fd, void* data, size_t size) {
  return Retry([&] { return recv(fd, data, size, MSG_DONTWAIT); });
}

ssize_t Peek(int fd, void* data, size_t size) {
  return Retry([&] { return recv(fd, data, size, MSG_DONTWAIT | MSG_PEEK); });
}

ssize_t Send(int fd, const iovec* vectors, size_t count) {
  // The common case, and a little cheaper for the kernel than a message.
  if (count == 1) {
    return Retry([&] { return send(fd, vectors->iov_base, vectors->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT); });
  }
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(vectors);
  message.msg_iovlen = count;
  return Retry([&] { return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

int ShutdownWrite(int fd) {
  return Retry([&] { return shutdown(fd, SHUT_WR); });
}

int ShutdownRead(int fd) {
  return Retry([&] { return shutdown(fd, SHUT_RD); });
}

int SocketCookie(int fd, uint64_t* cookie) {
  socklen_t size = sizeof(*cookie);
  return getsockopt(fd, SOL_SOCKET, SO_COOKIE, cookie, &size) == 0 ? 0 : -errno;
}

int SetNonBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags == -1) return -errno;
  if (flags & O_NONBLOCK) return 0;
  return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ? -errno : 0;
}

int ResetOnClose(int fd) {
  const linger value = {1, 0};
  return setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value) == 0 ? 0 : -errno;
}

int Close(int fd) {
  // Never retried: the fd is gone even after EINTR, and may be somebody else's by now.
  return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

int Duplicate(int fd, int onto) {
  const int result = Retry([&] { return dup2(fd, onto); });
  return result < 0 ? result : 0;
}

int CopyDescriptor(int fd) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy == -1 ? -errno : copy;
}

int SocketError(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size) == -1 ? errno : value;
}

bool IsReadable(int fd) {
  return Is(fd, POLLIN);
}

bool IsWritable(int fd) {
  return Is(fd, POLLOUT);
}

bool IsHungUp(int fd) {
  return Is(fd, 0);
}

int CreateSharedMemory(const char* name, size_t size) {
  const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd == -1) return -errno;
  // Sealed, so that no process can shrink it under another's mapping.
  if (ftruncate(fd, static_cast<off_t>(size)) == 0 &&
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
    return fd;
  }
  const int error = -errno;
  close(fd);
  return error;
}

int MapShared(int fd, size_t size, void** memory) {
  // Beyond the file's end every access would be a SIGBUS.
  const off_t length = lseek(fd, 0, SEEK_END);
  if (length == -1) return -errno;
  if (static_cast<size_t>(length) < size) return -EINVAL;
  *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return *memory == MAP_FAILED ? -errno : 0;
}

void Unmap(void* memory, size_t size) {
  munmap(memory, size);
}

int CreateEvent() {
  return Retry([] { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); });
}

int NotifyEvent(int fd) {
  const uint64_t one = 1;
  const ssize_t written = Retry([&] { return write(fd, &one, sizeof one); });
  return written == -EAGAIN ? 0 : written < 0 ? static_cast<int>(written) : 0;  // full: it is notified already
}

int DrainEvent(int fd) {
  uint64_t count;
  const ssize_t size = Retry([&] { return read(fd, &count, sizeof count); });
  return size < 0 ? static_cast<int>(size) : 0;
}

int WaitForEither(int first, int second, int timeout_ms) {
  pollfd fds[2] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
  const int ready = Retry([&] { return poll(fds, 2, timeout_ms); });
  if (ready <= 0) return ready;
  if (fds[1].revents) return 2;
  return fds[0].revents & POLLIN ? 1 : -EBADF;
}

void WakeFutex(int32_t* address) {
  syscall(SYS_futex, address, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

double MonotonicMilliseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void Random(void* data, size_t size) {
  auto* bytes = static_cast<uint8_t*>(data);
  for (size_t done = 0; done < size;) {
    const ssize_t got = getrandom(bytes + done, size - done, 0);
    if (got > 0)
      done += static_cast<size_t>(got);
    else if (errno != EINTR)
      return;
  }
}

int SetParentDeathSignal(int signal) {
  return prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(signal), 0, 0, 0) == -1 ? -errno : 0;
}

int ParentProcess() {
  return getppid();
}

int OpenProcess(int pid) {
#ifdef SYS_pidfd_open
  const long fd = syscall(SYS_pidfd_open, pid, 0);  // close-on-exec by itself
  return fd == -1 ? -errno : static_cast<int>(fd);
#else
  static_cast<void>(pid);
  return -ENOSYS;
#endif
}

void KillSelf() {
  kill(getpid(), SIGKILL);
}

int OpenFile(const char* path) {
  return Retry([&] { return open(path, O_RDONLY | O_CLOEXEC); });
}

ssize_t ReadFile(int fd, void* data, size_t size) {
  return Retry([&] { return read(fd, data, size); });
}

int SetSignalAction(int signal, const struct sigaction& action, struct sigaction* previous) {
  return sigaction(signal, &action, previous) == -1 ? -errno : 0;
}

void RaiseSignal(int signal) {
  raise(signal);
}

void UseAlternateStack(void* memory, size_t size) {
  stack_t current;
  if (sigaltstack(nullptr, &current) == -1 || !(current.ss_flags & SS_DISABLE)) return;
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = size;
  sigaltstack(&stack, nullptr);
}

int Reap(int pid) {
  const int result = Retry([&] { return waitpid(pid, nullptr, WNOHANG); });
  return result > 0 ? 1 : result;
}

int FindUser(const std::string& name, Account* account) {
  passwd entry = {};
  std::vector<char> room;
  uint32_t id = 0;
  const bool by_id = ParseId(name, &id);
  const int result = LookUp(&entry, &room, [&](passwd* out, std::vector<char>* buffer, passwd** found) {
    return by_id ? getpwuid_r(id, out, buffer->data(), buffer->size(), found)
                 : getpwnam_r(name.c_str(), out, buffer->data(), buffer->size(), found);
  });
  if (result == 1) *account = {entry.pw_name, entry.pw_uid, entry.pw_gid};
  return result;
}

int FindGroup(const std::string& name, Account* account) {
  group entry = {};
  std::vector<char> room;
  uint32_t id = 0;
  const bool by_id = ParseId(name, &id);
  const int result = LookUp(&entry, &room, [&](group* out, std::vector<char>* buffer, group** found) {
    return by_id ? getgrgid_r(id, out, buffer->data(), buffer->size(), found)
                 : getgrnam_r(name.c_str(), out, buffer->data(), buffer->size(), found);
  });
  if (result == 1) *account = {entry.gr_name, entry.gr_gid, entry.gr_gid};
  return result;
}

int SendDatagram(const std::string& address, const std::string& text) {
  Address to = {};
  const socklen_t size = LocalAddress(address, &to);
  if (size == 0) return -EINVAL;
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -errno;
  const ssize_t sent =
      Retry([&] { return sendto(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT, &to.any, size); });
  close(fd);
  return sent < 0 ? static_cast<int>(sent) : 0;
}

}  // namespace junicorn::sys
