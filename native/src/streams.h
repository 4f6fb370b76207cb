// The JavaScript class Streams: all plain connections of a thread, by small integer id, over uv_poll.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineStreams(Environment* environment, napi_value exports);

}  // namespace junicorn
