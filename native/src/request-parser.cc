#include "request-parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace junicorn {

namespace {

constexpr size_t kNever = static_cast<size_t>(-1);

const char* FindLf(const char* p, const char* end) {
  return static_cast<const char*>(memchr(p, '\n', static_cast<size_t>(end - p)));
}

}  // namespace

RequestParser::RequestParser(const LlhttpSettings* settings, ParserOutput* output, ParserLimits limits)
    : output_(output), limits_(limits) {
  if (limits_.fields == 0 || limits_.fields > kMaxFields) limits_.fields = kMaxFields;
  llhttp_init(&llhttp_, kLlhttpRequest, settings);
}

void RequestParser::Execute(const char* data, size_t size) {
  ParserOutput& out = *output_;
  out.flags = 0;
  out.rule = Rule::kNone;
  out.spans = 0;
  out.fields = 0;
  out.head = nullptr;
  const char* p = data;
  const char* end = data + size;
  if (phase_ == Phase::kDead) Fail(rule_);

  const char* step = p;
  while (p < end && !(out.flags & (kFlagComplete | kFlagError))) {
    step = p;
    switch (phase_) {
      case Phase::kStart:
        Start(p, end);
        break;
      case Phase::kRequestLine:
        TakeRequestLine(p, end);
        break;
      case Phase::kFields:
      case Phase::kTrailers:
        TakeFieldLines(p, end);
        break;
      case Phase::kFixedBody:
      case Phase::kChunkData:
        if (out.spans == kSpanCapacity) end = p;  // the caller comes back for the rest
        if (p == end) break;
        out.span[2 * out.spans] = static_cast<int32_t>(p - data);
        phase_ == Phase::kFixedBody ? TakeFixedBody(p, end) : TakeChunkData(p, end);
        out.span[2 * out.spans + 1] = static_cast<int32_t>(p - data);
        out.spans++;
        break;
      case Phase::kChunkLine:
        TakeChunkLine(p, end);
        break;
      case Phase::kChunkEnd:
        TakeChunkEnd(p, end);
        break;
      case Phase::kDead:
        break;
    }
  }
  if (phase_ == Phase::kFields) spill();  // the arena is for the next parser
  if (out.flags & kFlagError) {
    p = step;  // so that bytes are left for the next call
    // An error comes alone: what was fine before it is reported first.
    if (out.head || out.spans > 0) {
      out.flags &= ~kFlagError;
    } else {
      spill_.reset();
      message_flags_ = 0;
    }
  }
  out.consumed = static_cast<int32_t>(p - data);
  out.minor = minor_;
  out.flags |= message_flags_;
}

void RequestParser::ReleaseHead() {
  if (!spill_) return;
  spill_->head = {};
  if (spill_->line.empty() && spill_->trailers.ends.empty()) spill_.reset();
}

Pieces RequestParser::TakeTrailers() {
  if (!spill_ || InMessage()) return {};
  Pieces trailers = std::move(spill_->trailers);
  spill_.reset();
  return trailers;
}

void RequestParser::Reset() {
  llhttp_reset(&llhttp_);
  spill_.reset();
  phase_ = Phase::kStart;
  blank_bytes_ = 0;
  message_flags_ = 0;
  closed_ = upgrade_paused_ = false;
}

// --- the phases of a message ---

// Skips the blank lines that some old clients send after a body (RFC 9112 2.2), then begins a message.
void RequestParser::Start(const char*& p, const char* end) {
  for (; p < end; p++, blank_bytes_++) {
    const bool lf_expected = blank_bytes_ & 1;
    if (lf_expected ? *p != '\n' : *p != '\r') break;
    if (blank_bytes_ == kMaxBlankBytes) return Fail(Rule::kBadRequestLine);
  }
  if (p == end) return;
  if (*p == '\n') return Fail(Rule::kBareLf);
  if (blank_bytes_ & 1) return Fail(Rule::kBadRequestLine);
  if (closed_) return Fail(Rule::kDataAfterClose);
  // TLS and other noise may never send a line feed: refuse it now.
  if (*p < 'A' || *p > 'Z') return Fail(Rule::kBadMethod);

  if (upgrade_paused_) llhttp_resume_after_upgrade(&llhttp_);
  upgrade_paused_ = false;
  spill_.reset();
  output_->arena.Clear();
  phase_ = Phase::kRequestLine;
  blank_bytes_ = 0;
  head_bytes_ = fields_ = extension_bytes_ = 0;
  message_flags_ = 0;
  remaining_ = 0;
  awaiting_value_ = last_line_ = complete_ = false;
}

void RequestParser::TakeRequestLine(const char*& p, const char* end) {
  if (spill_) {
    if (!FinishSpilledLine(p, end)) return;
    const std::string line = std::exchange(spill_->line, {});
    return RequestLineComplete({line.data(), line.size()});
  }
  const char* lf = FindLf(p, end);
  if (!lf) {
    const Rule rule = LineTooLong(static_cast<size_t>(end - p));
    return rule == Rule::kNone ? Keep(p, end) : Fail(rule);
  }
  const Text line = Text::Between(p, lf + 1);
  const Rule rule = LineTooLong(line.size);
  if (rule != Rule::kNone) return Fail(rule);
  p = lf + 1;
  RequestLineComplete(line);
}

void RequestParser::RequestLineComplete(Text line) {
  RequestLine request;
  const Rule rule = ParseRequestLine(line, &request);
  if (rule != Rule::kNone) return Fail(rule);
  minor_ = static_cast<uint8_t>(request.minor);
  head_ = HeadFields(request.minor, request.method.EqualsIgnoringCase("connect", 7));
  pieces().Add(request.method);
  pieces().Add(request.target);
  head_bytes_ = static_cast<uint32_t>(line.size);
  if (Feed(line.data, line.size)) phase_ = Phase::kFields;
}

// Field lines of the head or the trailers: all whole ones at once, then the one that is incomplete is kept.
void RequestParser::TakeFieldLines(const char*& p, const char* end) {
  const Phase phase = phase_;
  bool last = false;
  if (spill_ && !spill_->line.empty()) {
    if (!FinishSpilledLine(p, end)) return;
    const std::string line = std::exchange(spill_->line, {});
    const Rule rule = CheckFieldLine({line.data(), line.size()}, &last);
    if (rule != Rule::kNone) return Fail(rule);
    if (!FeedLines(line.data(), line.size(), last)) return;
  }

  Rule rule = Rule::kNone;
  const char* begin = p;
  while (!last) {
    const char* lf = p < end ? FindLf(p, end) : nullptr;
    if (!lf) {
      rule = LineTooLong(static_cast<size_t>(end - p));
      break;
    }
    rule = CheckFieldLine(Text::Between(p, lf + 1), &last);
    if (rule != Rule::kNone) break;
    p = lf + 1;
  }
  // What llhttp has to say about earlier lines comes first.
  if (p > begin && !FeedLines(begin, static_cast<size_t>(p - begin), last)) return;
  if (rule != Rule::kNone) return Fail(rule);
  if (!last) return p < end ? Keep(p, end) : void();
  phase == Phase::kFields ? HeadComplete() : BodyComplete();
}

Rule RequestParser::CheckFieldLine(Text line, bool* last) {
  const Rule rule = LineTooLong(line.size);
  if (rule != Rule::kNone) return rule;
  head_bytes_ += static_cast<uint32_t>(line.size);
  if (line.size < 2 || line.data[line.size - 2] != '\r') return Rule::kBareLf;
  if (line.size == 2) {
    *last = true;
    return Rule::kNone;
  }
  // llhttp would take the CR for the end of the head, and the rest for the next request.
  if (*line.data == '\r') return Rule::kBadFieldName;
  if (*line.data == ' ' || *line.data == '\t') return Rule::kObsoleteFolding;
  return fields_ == limits_.fields ? Rule::kTooManyFields : (fields_++, Rule::kNone);
}

// Whichever limit the line's first `size` bytes run into first, so that the answer does not depend on packets.
Rule RequestParser::LineTooLong(size_t size) const {
  const bool is_request_line = phase_ == Phase::kRequestLine;
  const size_t configured = is_request_line ? limits_.request_line : limits_.field_size;
  // The request line is measured without its CRLF.
  const size_t line_limit = configured == 0 ? kNever : configured + (is_request_line ? 2 : 0);
  const size_t head_limit = kMaxHead - head_bytes_;
  if (size <= line_limit && size <= head_limit) return Rule::kNone;
  if (head_limit < line_limit) return Rule::kHeadTooLong;
  return is_request_line ? Rule::kRequestLineTooLong : Rule::kFieldTooLong;
}

void RequestParser::HeadComplete() {
  ParserOutput& out = *output_;
  out.flags |= kFlagHead;
  out.head = &pieces();
  out.fields = static_cast<int32_t>(fields_);
  if (message_flags_ & kFlagChunked) {
    phase_ = Phase::kChunkLine;
  } else if (remaining_ > 0) {
    phase_ = Phase::kFixedBody;
  } else {
    BodyComplete();
  }
}

void RequestParser::TakeFixedBody(const char*& p, const char* end) {
  if (FeedBody(p, end) && remaining_ == 0) BodyComplete();
}

void RequestParser::TakeChunkLine(const char*& p, const char* end) {
  if (spill_ && !spill_->line.empty()) {
    if (!FinishSpilledLine(p, end)) return;
    const std::string line = std::exchange(spill_->line, {});
    return ChunkLineComplete({line.data(), line.size()});
  }
  const char* lf = FindLf(p, end);
  const size_t size = static_cast<size_t>((lf ? lf + 1 : end) - p);
  if (size > kMaxChunkLine) return Fail(DiagnoseLongChunkLine({p, kMaxChunkLine}));
  if (!lf) return Keep(p, end);
  p = lf + 1;
  ChunkLineComplete({p - size, size});
}

void RequestParser::ChunkLineComplete(Text line) {
  size_t extension = 0;
  const Rule rule = ParseChunkLine(line, &remaining_, &extension);
  if (rule != Rule::kNone) return Fail(rule);
  extension_bytes_ += static_cast<uint32_t>(extension);
  if (extension > kMaxChunkLine - 18 || extension_bytes_ > kMaxExtensions) return Fail(Rule::kChunkExtensionTooLong);
  if (!Feed(line.data, line.size)) return;
  phase_ = remaining_ > 0 ? Phase::kChunkData : Phase::kTrailers;
  head_bytes_ = fields_ = 0;  // counted anew for the trailers
}

void RequestParser::TakeChunkData(const char*& p, const char* end) {
  if (FeedBody(p, end) && remaining_ == 0) {
    phase_ = Phase::kChunkEnd;
    remaining_ = 2;
  }
}

void RequestParser::TakeChunkEnd(const char*& p, const char*) {
  if (*p != (remaining_ == 2 ? '\r' : '\n')) return Fail(Rule::kBadChunk);
  if (!Feed(p, 1)) return;
  p++;
  if (--remaining_ == 0) phase_ = Phase::kChunkLine;
}

void RequestParser::BodyComplete() {
  if (!complete_) return Fail(Rule::kMalformed);
  ParserOutput& out = *output_;
  out.flags |= kFlagComplete;
  if (spill_ && !spill_->trailers.ends.empty()) out.flags |= kFlagTrailers;
  closed_ = !(message_flags_ & kFlagKeepAlive);
  phase_ = Phase::kStart;
}

// --- mechanics ---

// Completes the line that began in an earlier call. False while it still is incomplete, or too long.
bool RequestParser::FinishSpilledLine(const char*& p, const char* end) {
  std::string& line = spill_->line;
  const char* lf = FindLf(p, end);
  const char* stop = lf ? lf + 1 : end;
  const size_t size = line.size() + static_cast<size_t>(stop - p);
  if (phase_ == Phase::kChunkLine) {
    if (size > kMaxChunkLine) {
      line.append(p, kMaxChunkLine - line.size());
      return Fail(DiagnoseLongChunkLine({line.data(), line.size()})), false;
    }
  } else if (const Rule rule = LineTooLong(size); rule != Rule::kNone) {
    return Fail(rule), false;
  }
  line.append(p, stop);
  p = stop;
  return lf != nullptr;
}

void RequestParser::Keep(const char*& p, const char* end) {
  spill().line.assign(p, end);
  p = end;
}

RequestParser::Spill& RequestParser::spill() {
  if (!spill_) {
    spill_ = std::make_unique<Spill>();
    if (phase_ == Phase::kFields) spill_->head = output_->arena;
  }
  return *spill_;
}

Pieces& RequestParser::pieces() {
  if (phase_ == Phase::kTrailers) return spill().trailers;
  return spill_ ? spill_->head : output_->arena;
}

bool RequestParser::FeedLines(const char* data, size_t size, bool last) {
  last_line_ = last;
  return Feed(data, size);
}

bool RequestParser::FeedBody(const char*& p, const char* end) {
  const size_t size = static_cast<size_t>(std::min<uint64_t>(remaining_, static_cast<uint64_t>(end - p)));
  body_seen_ = 0;
  if (!Feed(p, size)) return false;
  if (body_seen_ != size) return Fail(Rule::kMalformed), false;
  p += size;
  remaining_ -= size;
  return true;
}

bool RequestParser::Feed(const char* data, size_t size) {
  rule_ = Rule::kNone;
  const int error = llhttp_execute(&llhttp_, data, size);
  if (error == HPE_OK) return true;
  const char* at = llhttp_get_error_pos(&llhttp_);
  if (error == HPE_PAUSED_UPGRADE && at == data + size) return upgrade_paused_ = true;
  if (rule_ == Rule::kNone) rule_ = Diagnose({data, size}, error, at);
  return Fail(rule_), false;
}

Rule RequestParser::Diagnose(Text data, int error, const char* at) const {
  switch (phase_) {
    case Phase::kRequestLine:
      // The line is well formed otherwise.
      return error == HPE_INVALID_URL ? Rule::kBadTarget : Rule::kBadMethod;
    case Phase::kFields:
    case Phase::kTrailers: {
      const char* end = data.data + data.size;
      // Noticed at the end of the head: a coding that we would take for `chunked`, and llhttp does not (a tab follows
      // it).
      if (at == end && error == HPE_INVALID_TRANSFER_ENCODING) return Rule::kTransferEncodingNotChunked;
      if (at < data.data || at >= end) return Rule::kMalformed;
      const char* begin = at;
      while (begin > data.data && begin[-1] != '\n') begin--;
      const char* lf = FindLf(at, end);
      return DiagnoseField(Text::Between(begin, lf ? lf + 1 : end), error);
    }
    case Phase::kChunkLine:
    case Phase::kChunkEnd:
      return Rule::kBadChunk;
    default:
      return Rule::kMalformed;
  }
}

void RequestParser::Fail(Rule rule) {
  rule_ = rule;
  phase_ = Phase::kDead;
  output_->flags |= kFlagError;
  output_->rule = rule;
}

// --- llhttp's callbacks: 0 to go on ---

LlhttpSettings::Callbacks RequestParser::Callbacks() {
  LlhttpSettings::Callbacks callbacks;
  callbacks.header_field = [](LlhttpStorage* self, const char* at, size_t size) {
    return reinterpret_cast<RequestParser*>(self)->OnHeaderField({at, size});
  };
  callbacks.header_value = [](LlhttpStorage* self, const char* at, size_t size) {
    return reinterpret_cast<RequestParser*>(self)->OnHeaderValue({at, size});
  };
  callbacks.headers_complete = [](LlhttpStorage* self) {
    return reinterpret_cast<RequestParser*>(self)->OnHeadersComplete();
  };
  callbacks.body = [](LlhttpStorage* self, const char*, size_t size) {
    return reinterpret_cast<RequestParser*>(self)->OnBody(size);
  };
  callbacks.message_complete = [](LlhttpStorage* self) {
    return reinterpret_cast<RequestParser*>(self)->OnMessageComplete();
  };
  return callbacks;
}

int RequestParser::Refuse(Rule rule) {
  rule_ = rule;
  return HPE_USER;
}

int RequestParser::OnHeaderField(Text name) {
  if (awaiting_value_) {
    if (const Rule rule = AddValue({"", 0}); rule != Rule::kNone) return Refuse(rule);
  }
  pieces().Add(name);
  awaiting_value_ = true;
  if (phase_ == Phase::kTrailers) return IsForbiddenTrailer(name) ? Refuse(Rule::kForbiddenTrailer) : 0;
  const Rule rule = head_.Name(name);
  return rule == Rule::kNone ? 0 : Refuse(rule);
}

int RequestParser::OnHeaderValue(Text value) {
  if (!awaiting_value_) return Refuse(Rule::kMalformed);  // whole lines have whole values
  const Rule rule = AddValue(Trim(value));
  return rule == Rule::kNone ? 0 : Refuse(rule);
}

// Also for an empty value, which llhttp may not report: then when the next field begins, or none does.
Rule RequestParser::AddValue(Text value) {
  awaiting_value_ = false;
  pieces().Add(value);
  return phase_ == Phase::kTrailers ? Rule::kNone : head_.Value(value);
}

int RequestParser::OnHeadersComplete() {
  if (awaiting_value_) {
    if (const Rule rule = AddValue({"", 0}); rule != Rule::kNone) return Refuse(rule);
  }
  // llhttp and we must agree on where the head ends and a message ends, or somebody could smuggle one in.
  if (!last_line_ || pieces().ends.size() != 2 + 2 * size_t{fields_}) return Refuse(Rule::kMalformed);
  if (const Rule rule = head_.Complete(); rule != Rule::kNone) return Refuse(rule);

  remaining_ = head_.content_length();
  if (head_.has_content_length()) message_flags_ |= kFlagContentLength;
  if (head_.chunked()) message_flags_ |= kFlagChunked;
  if (head_.expects_continue()) message_flags_ |= kFlagExpectContinue;
  if (llhttp_should_keep_alive(&llhttp_)) message_flags_ |= kFlagKeepAlive;
  if (llhttp_get_upgrade(&llhttp_) && head_.may_upgrade()) message_flags_ |= kFlagUpgrade;
  return 0;
}

int RequestParser::OnBody(size_t size) {
  body_seen_ += size;
  return 0;
}

int RequestParser::OnMessageComplete() {
  const bool in_trailers = phase_ == Phase::kTrailers;
  if (in_trailers && awaiting_value_) AddValue({"", 0});
  const bool expected = in_trailers ? last_line_ && pieces().ends.size() == 2 * size_t{fields_}
                                    : phase_ == Phase::kFields || phase_ == Phase::kFixedBody;
  if (!expected || complete_) return Refuse(Rule::kMalformed);
  complete_ = true;
  return 0;
}

}  // namespace junicorn
