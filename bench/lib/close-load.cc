// A client for servers that close each connection: `close-load PATH|PORT CONNECTIONS SECONDS` keeps so many connections
// in progress, each for one GET, on a unix socket or on a port of 127.0.0.1. It does nothing but the system calls that
// this takes, for its core must not be full before the server's is. It prints a line of JSON: answers with status 200,
// errors, latencies in ms, and the share of its core that it used.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

const char kRequest[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const size_t kRequestLength = sizeof kRequest - 1;
const char kGood[] = "HTTP/1.1 200 ";
const size_t kGoodLength = sizeof kGood - 1;
const int kPatienceMs = 1000;

struct Target {
  sockaddr_storage address = {};
  socklen_t length = 0;
};

struct Client {
  double began = 0;
  size_t received = 0;
  bool good = true;
};

struct Totals {
  std::vector<float> milliseconds;
  long errors = 0;
};

double Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

Target Resolve(const char* where) {
  Target target;
  if (where[0] == '/') {
    auto* path = reinterpret_cast<sockaddr_un*>(&target.address);
    path->sun_family = AF_UNIX;
    strncpy(path->sun_path, where, sizeof path->sun_path - 1);
    target.length = sizeof *path;
  } else {
    auto* port = reinterpret_cast<sockaddr_in*>(&target.address);
    port->sin_family = AF_INET;
    port->sin_port = htons(static_cast<uint16_t>(atoi(where)));
    port->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    target.length = sizeof *port;
  }
  return target;
}

// Returns a connected socket that has sent its request, or -1. It may wait for room in the server's backlog.
int Ask(const Target& target) {
  const int fd = socket(target.address.ss_family, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target.address), target.length) == 0 &&
      send(fd, kRequest, kRequestLength, MSG_NOSIGNAL) == static_cast<ssize_t>(kRequestLength))
    return fd;
  close(fd);
  return -1;
}

// Takes what has come. True once the connection is over.
bool Read(int fd, Client& client) {
  char buffer[4096];
  const ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0) {
    if (errno == EAGAIN) return false;
    client.good = false;
    return true;
  }
  if (got == 0) return true;
  if (client.received == 0)
    client.good = static_cast<size_t>(got) >= kGoodLength && memcmp(buffer, kGood, kGoodLength) == 0;
  client.received += static_cast<size_t>(got);
  return false;
}

double Percentile(std::vector<float>& sorted, double share) {
  return sorted.empty() ? 0 : sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const Target target = Resolve(argv[1]);
  const size_t count = static_cast<size_t>(atoi(argv[2]));
  const double began = Now();
  const double end = began + atof(argv[3]);
  std::vector<pollfd> sockets(count, pollfd{-1, POLLIN, 0});
  std::vector<Client> clients(count);
  Totals totals;
  double now = began;
  while (now < end) {
    for (size_t i = 0; i < count; i++) {
      if (sockets[i].fd >= 0) continue;
      clients[i] = Client{now, 0, true};
      sockets[i].fd = Ask(target);
      if (sockets[i].fd < 0) totals.errors++;
    }
    if (poll(sockets.data(), count, kPatienceMs) == 0) totals.errors++;
    now = Now();
    for (size_t i = 0; i < count; i++) {
      if (sockets[i].revents == 0 || !Read(sockets[i].fd, clients[i])) continue;
      close(sockets[i].fd);
      sockets[i].fd = -1;
      if (clients[i].good && clients[i].received > 0)
        totals.milliseconds.push_back(static_cast<float>((now - clients[i].began) * 1000));
      else
        totals.errors++;
    }
  }
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  const double busy =
      used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  auto& times = totals.milliseconds;
  std::sort(times.begin(), times.end());
  printf("{\"requests\":%zu,\"seconds\":%.3f,\"errors\":%ld,\"p50\":%.3f,\"p99\":%.3f,\"clientCore\":%.3f}\n",
         times.size(), now - began, totals.errors, Percentile(times, 0.5), Percentile(times, 0.99),
         busy / (now - began));
}
