// The JavaScript class HttpParser over RequestParser, and the shared state array its calls report in.
#pragma once

#include <node_api.h>

#include "environment.h"

namespace junicorn {

void DefineHttpParser(Environment* environment, napi_value exports);

}  // namespace junicorn
