// A device context as it was read, for all who use it: the cache's copy, and that of an access
// under way when it has left the cache.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "iommu/context.h"

namespace kilburn::iommu {

/// All in one thread. Without a context: a default one, under which both stages are Bare.
class SharedContext {
 public:
  SharedContext() = default;
  explicit SharedContext(const DeviceContext& context) : kept_(new Kept(context)) {}

  const DeviceContext& operator*() const {
    static const DeviceContext none;
    return kept_ ? kept_->context : none;
  }
  const DeviceContext* operator->() const { return &**this; }

 private:
  struct Kept : boost::intrusive_ref_counter<Kept, boost::thread_unsafe_counter> {
    explicit Kept(const DeviceContext& of) : context(of) {}
    DeviceContext context;
  };
  boost::intrusive_ptr<const Kept> kept_;
};

}  // namespace kilburn::iommu
