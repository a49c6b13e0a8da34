// A password, or a URI with one. It cannot be formatted, streamed or compared by accident: code that needs its text
// says reveal().
#pragma once

#include <string>

namespace holdfast {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_{std::move(text)} {}
    bool empty() const { return text_.empty(); }
    /// The text, which no message, log or record may show.
    const std::string& reveal() const { return text_; }

  private:
    std::string text_;
};

} // namespace holdfast
