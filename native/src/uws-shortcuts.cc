#include "uws-shortcuts.h"

namespace junicorn {

void UwsShortcuts::Add(UwsContext* context, Entry entry) {
  by_context_[context] = entry;
  last_context_ = nullptr;
}

void UwsShortcuts::Forget(UwsContext* context) {
  by_context_.erase(context);
  last_context_ = nullptr;
}

void UwsShortcuts::Remove(UwsShortcut* shortcut) {
  for (auto at = by_context_.begin(); at != by_context_.end();) {
    at = at->second.to == shortcut ? by_context_.erase(at) : ++at;
  }
  last_context_ = nullptr;
}

const UwsShortcuts::Entry* UwsShortcuts::Of(UwsSocket* socket) {
  if (by_context_.empty()) return nullptr;
  UwsContext* context = UwsBinary::loaded->context(0, socket);
  if (context == last_context_) return last_;
  const auto found = by_context_.find(context);
  last_context_ = context;
  return last_ = found == by_context_.end() ? nullptr : &found->second;
}

}  // namespace junicorn
