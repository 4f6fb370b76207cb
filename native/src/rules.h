// Why a request is refused: the numbers and names of the rules.
#pragma once

#include <cstdint>

namespace junicorn {

// The numbers of native.parserRules. Each name has a row in src/http/rules.ts, which says status and reason.
enum class Rule : uint8_t {
  kNone,
  kRequestLineTooLong,
  kTooManyFields,
  kFieldTooLong,
  kHeadTooLong,
  kChunkExtensionTooLong,
  kBadMethod,
  kBadTarget,
  kBadVersion,
  kHttp2Preface,
  kBadRequestLine,
  kBadFieldName,
  kBadFieldValue,
  kSpaceBeforeColon,
  kObsoleteFolding,
  kBareLf,
  kMissingHost,
  kRepeatedHost,
  kBadHost,
  kRepeatedContentType,
  kExpectationFailed,
  kContentLengthWithTransferEncoding,
  kRepeatedContentLength,
  kBadContentLength,
  kTransferEncodingNotChunked,
  kUnsupportedTransferCoding,
  kChunkedInHttp10,
  kBodyInConnect,
  kBadChunk,
  kForbiddenTrailer,
  kDataAfterClose,
  kMalformed,
  kCount,
};

const char* RuleName(Rule rule);

}  // namespace junicorn
