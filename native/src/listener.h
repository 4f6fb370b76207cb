// The JavaScript class Listener: accepts from a shared listening fd, one connection a wake-up.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineListener(Environment* environment, napi_value exports);

}  // namespace junicorn
