// One HTTP/1 request parser: llhttp judges the grammar; this class finds lines and body bytes, holds the limits, and
// remembers what is incomplete. llhttp only ever sees whole lines, so what a request means cannot depend on how it was
// cut into packets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "head-fields.h"
#include "llhttp-host.h"
#include "request-grammar.h"

namespace junicorn {

// Pieces of text one after the other, and where each ends.
struct Pieces {
  std::vector<char> text;
  std::vector<int32_t> ends;

  void Clear() {
    text.clear();
    ends.clear();
  }
  void Add(Text piece) {
    text.insert(text.end(), piece.data, piece.data + piece.size);
    ends.push_back(static_cast<int32_t>(text.size()));
  }
};

struct ParserLimits {
  uint32_t request_line;  // 0: none
  uint32_t fields;
  uint32_t field_size;  // 0: none
};

// The flags of native.ts.
enum ParserFlag : int32_t {
  kFlagHead = 1,
  kFlagComplete = 2,
  kFlagUpgrade = 4,
  kFlagError = 8,
  kFlagKeepAlive = 16,
  kFlagChunked = 32,
  kFlagContentLength = 64,
  kFlagExpectContinue = 128,
  kFlagTrailers = 256,
};

constexpr int32_t kSpanCapacity = 128;

// What one call of Execute found out. One per thread; `arena` holds a head while it is being parsed.
struct ParserOutput {
  int32_t flags;
  int32_t consumed;
  Rule rule;
  int32_t minor;
  int32_t fields;
  int32_t spans;
  int32_t span[2 * kSpanCapacity];  // offsets from the start of the data
  const Pieces* head;               // set with kFlagHead
  Pieces arena;
};

class RequestParser {
 public:
  // Both must outlive the parser.
  RequestParser(const LlhttpSettings* settings, ParserOutput* output, ParserLimits limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Parses until the message is complete, an error, full spans, or the end of the data.
  void Execute(const char* data, size_t size);
  // The head of the output was used: its memory may go.
  void ReleaseHead();
  Pieces TakeTrailers();
  bool InMessage() const { return phase_ != Phase::kStart; }
  void Reset();

  static LlhttpSettings::Callbacks Callbacks();

  static constexpr uint32_t kMaxFields = 32768;
  static constexpr size_t kMaxHead = 1024 * 1024;
  static constexpr size_t kMaxChunkLine = 16 + 256 + 2;
  static constexpr size_t kMaxExtensions = 16 * 1024;
  static constexpr uint8_t kMaxBlankBytes = 4;

 private:
  enum class Phase : uint8_t {
    kStart,
    kRequestLine,
    kFields,
    kFixedBody,
    kChunkLine,
    kChunkData,
    kChunkEnd,
    kTrailers,
    kDead
  };

  // What an incomplete head, line or trailer needs to keep between calls.
  struct Spill {
    std::string line;
    Pieces head;
    Pieces trailers;
  };

  void Start(const char*& p, const char* end);
  void TakeRequestLine(const char*& p, const char* end);
  void TakeFieldLines(const char*& p, const char* end);
  void TakeFixedBody(const char*& p, const char* end);
  void TakeChunkLine(const char*& p, const char* end);
  void TakeChunkData(const char*& p, const char* end);
  void TakeChunkEnd(const char*& p, const char* end);

  void RequestLineComplete(Text line);
  Rule CheckFieldLine(Text line, bool* last);
  Rule LineTooLong(size_t size) const;
  void ChunkLineComplete(Text line);
  void HeadComplete();
  void BodyComplete();
  bool FinishSpilledLine(const char*& p, const char* end);
  void Keep(const char*& p, const char* end);
  bool Feed(const char* data, size_t size);
  bool FeedLines(const char* data, size_t size, bool last);
  bool FeedBody(const char*& p, const char* end);
  void Fail(Rule rule);

  Spill& spill();
  Pieces& pieces();
  Rule Diagnose(Text data, int error, const char* at) const;
  Rule AddValue(Text value);
  int Refuse(Rule rule);

  int OnHeaderField(Text name);
  int OnHeaderValue(Text value);
  int OnHeadersComplete();
  int OnBody(size_t size);
  int OnMessageComplete();

  LlhttpStorage llhttp_;  // first: llhttp's callbacks get its address
  ParserOutput* output_;
  std::unique_ptr<Spill> spill_;
  HeadFields head_;
  uint64_t remaining_ = 0;   // body bytes to come, of the message or the chunk
  size_t body_seen_ = 0;     // by llhttp, of what it was fed last
  uint32_t head_bytes_ = 0;  // of whole lines, of the head or the trailers
  uint32_t fields_ = 0;
  uint32_t extension_bytes_ = 0;
  ParserLimits limits_;
  int32_t message_flags_ = 0;
  Phase phase_ = Phase::kStart;
  Rule rule_ = Rule::kNone;
  uint8_t minor_ = 1;
  uint8_t blank_bytes_ = 0;
  bool awaiting_value_ = false;
  bool last_line_ = false;  // of the head or the trailers is being fed
  bool complete_ = false;   // llhttp says so
  bool closed_ = false;     // the last message was the connection's last
  bool upgrade_paused_ = false;
};

}  // namespace junicorn
