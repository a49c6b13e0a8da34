// One history from its first contender to the last: the plan carried out, and watched.
#pragma once

#include "sim/contender.hpp"
#include "sim/draw.hpp"
#include "sim/oracle.hpp"
#include "sim/plain_client.hpp"
#include "sim/server.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::sim {

struct Result {
    std::optional<Violation> violation{};
    Faults faults{};
    std::map<std::string, size_t> outcomes{}; ///< of contenders
    size_t grants = 0;
    size_t beside = 0; ///< commands that began beside another
    size_t events = 0;
    uint64_t fingerprint = 0; ///< of all that was thrown and happened
};

class History {
  public:
    History(uint64_t seed, bool traced);
    History(const History&) = delete;
    History& operator=(const History&) = delete;
    ~History();

    Result run();

    // For the seams, within run().
    static History& running();
    Server& server(size_t i) { return *servers_[i]; }
    Link& link(const Process& process, size_t server);
    Oracle& oracle() { return oracle_; }

  private:
    void prepare();
    void prepare_contender(Contender&);
    void stall(const Stall&);
    void revoke_when_wanted();
    void lose_key_when_wanted();
    void begin_operator();
    void heal();
    bool over() const;
    void look();
    void check_order(const Contender& winner);
    void check_leftovers(const Contender& gone);
    void check_liveness();

    Plan plan_;
    World world_;
    Faults faults_;
    Oracle oracle_;
    std::vector<std::unique_ptr<Server>> servers_;
    std::vector<std::unique_ptr<Contender>> contenders_;
    std::vector<std::unique_ptr<PlainClient>> plain_clients_;
    std::unique_ptr<Process> operator_;
    std::map<std::pair<const Process*, size_t>, Link> links_;
    bool healed_ = false;
    int operator_go_ = -1; ///< becomes readable when the operator is to act
    bool revoking_ = false;
    size_t seen_grants_ = 0;
    bool key_lost_ = false;
    std::vector<Contender::State> seen_;
};

} // namespace holdfast::sim
