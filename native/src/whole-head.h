// Requests that are one head, as a whole, and ask for nothing special: found in what has come in, and taken apart.
#pragma once

#include "uws-layout.h"

namespace junicorn {

// The end of a head is the end of it all. What is more than one request is better parsed where it has come in: by and
// by, what the first has left to be done runs before the second begins.
bool IsOneHead(const char* data, size_t size);

// The request line and the fields of what IsOneHead is true of. Whether they are well formed is for others to say.
// False: they cannot be told apart, or one of them says that there is a body, or that the connection is to be another.
bool SplitHead(char* data, size_t size, UwsField* fields);

}  // namespace junicorn
