#include "proxy-header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace junicorn {

namespace {

using Status = ProxyHeader::Status;

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
// "PROXY TCP6 " with two full addresses, two ports, and CRLF.
constexpr size_t kMostLine = 107;
constexpr size_t kFixedPart = 16;

bool Begins(std::string_view text, std::string_view with) {
  const size_t size = std::min(text.size(), with.size());
  return text.substr(0, size) == with.substr(0, size);
}

// IPv4 written as IPv6 is IPv4, as everywhere else.
bool AddressText(bool ipv6, const void* bytes, std::string* out) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (ipv6 && std::memcmp(bytes, kMapped, sizeof(kMapped)) == 0) {
    return AddressText(false, static_cast<const uint8_t*>(bytes) + sizeof(kMapped), out);
  }
  char text[INET6_ADDRSTRLEN];
  if (!inet_ntop(ipv6 ? AF_INET6 : AF_INET, bytes, text, sizeof(text))) return false;
  *out = text;
  return true;
}

bool ReadAddress(bool ipv6, std::string_view word, std::string* out) {
  uint8_t bytes[16];
  const std::string text(word);
  return text.find('\0') == std::string::npos && inet_pton(ipv6 ? AF_INET6 : AF_INET, text.c_str(), bytes) == 1 &&
         AddressText(ipv6, bytes, out);
}

bool ReadPort(std::string_view word, uint16_t* out) {
  if (word.empty() || word.size() > 5 || (word.size() > 1 && word[0] == '0')) return false;
  uint32_t port = 0;
  for (const char digit : word) {
    if (digit < '0' || digit > '9') return false;
    port = port * 10 + static_cast<uint32_t>(digit - '0');
  }
  *out = static_cast<uint16_t>(port);
  return port <= UINT16_MAX;
}

// Words with exactly one space between; false unless there are just as many as asked for.
template <size_t Count>
bool Split(std::string_view text, std::string_view (&words)[Count]) {
  for (size_t i = 0; i < Count; i++) {
    const size_t space = text.find(' ');
    if ((space == std::string_view::npos) != (i + 1 == Count)) return false;
    words[i] = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  return true;
}

// `line` is what stands between "PROXY " and CRLF.
Status ReadLine(std::string_view line, ProxyHeader* header) {
  if (line == "UNKNOWN" || line.substr(0, 8) == "UNKNOWN ") return Status::kLocal;
  std::string_view words[5];
  if (!Split(line, words)) return Status::kMalformed;
  header->ipv6 = words[0] == "TCP6";
  if (!header->ipv6 && words[0] != "TCP4") return Status::kMalformed;
  const bool good = ReadAddress(header->ipv6, words[1], &header->source.address) &&
                    ReadAddress(header->ipv6, words[2], &header->destination.address) &&
                    ReadPort(words[3], &header->source.port) && ReadPort(words[4], &header->destination.port);
  return good ? Status::kProxied : Status::kMalformed;
}

ProxyHeader ParseLine(std::string_view text) {
  ProxyHeader header;
  header.version = 1;
  const size_t end = text.substr(0, kMostLine).find('\n');
  if (end == std::string_view::npos) {
    header.status = text.size() < kMostLine ? Status::kIncomplete : Status::kMalformed;
    return header;
  }
  if (text[end - 1] != '\r') {
    header.status = Status::kMalformed;
    return header;
  }
  header.length = end + 1;
  header.status = ReadLine(text.substr(kLineStart.size(), end - 1 - kLineStart.size()), &header);
  return header;
}

uint16_t Short(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
}

// `block` are the `size` bytes after the fixed part.
Status ReadBlock(uint8_t command, uint8_t family, const uint8_t* block, size_t size, ProxyHeader* header) {
  if ((command >> 4) != 2 || (command & 15) > 1) return Status::kMalformed;
  if ((command & 15) == 0) return Status::kLocal;
  static constexpr size_t kNeeded[] = {0, 12, 36, 216};
  const uint8_t transport = family & 15;
  const uint8_t kind = family >> 4;
  if (kind > 3 || transport > 2 || size < kNeeded[kind]) return Status::kMalformed;
  // Neither says whom an HTTP server could name: a client of unknown kind, or one on a unix socket of the proxy's
  // machine.
  if (kind == 0 || kind == 3) return transport == 2 ? Status::kMalformed : Status::kLocal;
  if (transport != 1) return Status::kMalformed;
  header->ipv6 = kind == 2;
  const size_t width = header->ipv6 ? 16 : 4;
  header->source.port = Short(block + 2 * width);
  header->destination.port = Short(block + 2 * width + 2);
  const bool good = AddressText(header->ipv6, block, &header->source.address) &&
                    AddressText(header->ipv6, block + width, &header->destination.address);
  return good ? Status::kProxied : Status::kMalformed;
}

ProxyHeader ParseBinary(const uint8_t* data, size_t size) {
  ProxyHeader header;
  header.version = 2;
  if (size < kFixedPart) return header;
  const size_t length = kFixedPart + Short(data + 14);
  if (length > kMostProxyHeader) {
    header.status = Status::kMalformed;
    return header;
  }
  if (size < length) return header;
  header.length = length;
  header.status = ReadBlock(data[12], data[13], data + kFixedPart, length - kFixedPart, &header);
  return header;
}

}  // namespace

ProxyHeader ParseProxyHeader(const uint8_t* data, size_t size, uint32_t versions) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool line = (versions & kProxyVersion1) != 0 && Begins(text, kLineStart);
  const bool binary = (versions & kProxyVersion2) != 0 && Begins(text, kSignature);
  if (line && size >= kLineStart.size()) return ParseLine(text);
  if (binary && size >= kSignature.size()) return ParseBinary(data, size);
  ProxyHeader header;
  header.status = line || binary ? Status::kIncomplete : Status::kAbsent;
  return header;
}

}  // namespace junicorn
