// Which connections of uWebSockets have a shortcut: those of certain apps.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "uws-binary.h"

namespace junicorn {

class UwsShortcut;

class UwsShortcuts {
 public:
  struct Entry {
    UwsShortcut* to;
    int32_t app;
  };

  void Add(UwsContext* context, Entry entry);
  void Forget(UwsContext* context);
  void Remove(UwsShortcut* shortcut);
  // Of a plain connection. Null: there is none.
  const Entry* Of(UwsSocket* socket);

 private:
  std::unordered_map<UwsContext*, Entry> by_context_;
  // Found last: mostly they are of one app.
  UwsContext* last_context_ = nullptr;
  const Entry* last_ = nullptr;
};

}  // namespace junicorn
