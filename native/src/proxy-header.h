// The header of the PROXY protocol (haproxy.org, proxy-protocol.txt): versions 1 and 2. Parsing only; no sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace junicorn {

struct ProxyHeader {
  enum class Status {
    kIncomplete,  // it may become one
    kAbsent,      // these bytes are something else
    kMalformed,
    kLocal,  // the proxy speaks for itself (a health check), or does not say for whom: the connection's own ends count
    kProxied,  // the addresses are those of the client's connection to the proxy
  };
  struct End {
    std::string address;
    uint16_t port = 0;
  };

  Status status = Status::kIncomplete;
  int version = 0;
  // Bytes that it takes up, once it is whole.
  size_t length = 0;
  bool ipv6 = false;
  End source;
  End destination;
};

// Bits of the versions that are looked for.
constexpr uint32_t kProxyVersion1 = 1;
constexpr uint32_t kProxyVersion2 = 2;

// A header longer than this is malformed: far more than addresses and the details of a TLS connection need.
constexpr size_t kMostProxyHeader = 4096;

ProxyHeader ParseProxyHeader(const uint8_t* data, size_t size, uint32_t versions);

}  // namespace junicorn
