// Functions of native.ts that are one system call or little more.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineProcess(Environment* environment, napi_value exports);

}  // namespace junicorn
