#include "rules.h"

#include <cstddef>

namespace junicorn {

namespace {

constexpr const char* kRuleNames[] = {
    "none",
    "request-line-too-long",
    "too-many-fields",
    "field-too-long",
    "head-too-long",
    "chunk-extension-too-long",
    "bad-method",
    "bad-target",
    "bad-version",
    "http2-preface",
    "bad-request-line",
    "bad-field-name",
    "bad-field-value",
    "space-before-colon",
    "obsolete-folding",
    "bare-lf",
    "missing-host",
    "repeated-host",
    "bad-host",
    "repeated-content-type",
    "expectation-failed",
    "content-length-with-transfer-encoding",
    "repeated-content-length",
    "bad-content-length",
    "transfer-encoding-not-chunked",
    "unsupported-transfer-coding",
    "chunked-in-http-1.0",
    "body-in-connect",
    "bad-chunk",
    "forbidden-trailer",
    "data-after-close",
    "malformed",
};
static_assert(sizeof kRuleNames / sizeof *kRuleNames == static_cast<size_t>(Rule::kCount), "a name for each rule");

}  // namespace

const char* RuleName(Rule rule) {
  return kRuleNames[static_cast<size_t>(rule)];
}

}  // namespace junicorn
