#include "cli/habits.hpp"

#include "base/nearest.hpp"
#include "config/options.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace holdfast {
namespace {

struct Row {
    std::string_view words; ///< with commas between
    std::string_view here;
};

constexpr Row commands_elsewhere[]{
    {"lock,lockrun,take,grab,obtain,claim,reserve,get-lock,with-lock,run-with-lock,lockf,flock,setlock,solo,exec,with,"
     "do,wrap,start,mutex,sync,execute,begin,command,in",
     "holdfast run NAME -- COMMAND runs a command under a lock, holdfast acquire NAME takes one for a script"},
    {"unlock,del,delete,rm,remove,drop,free,end,unset,expire",
     "holdfast release NAME gives back what acquire took, and the lock of run ends with its command; holdfast "
     "force-release NAME takes one from a holder, who then stops its command"},
    {"kill,stop,cancel,abort,steal,break,clear,reset,purge,flush,revoke,evict,force-unlock,unlock-force,takeover",
     "holdfast status NAME shows who has the lock; holdfast force-release NAME takes it away, and the holder stops its "
     "command; holdfast local stop ends the servers of local: nodes"},
    {"get,show,view,describe,inspect,info,who,who-has,owner,holder,query,read,lookup,is-locked,locked,held,check-lock,"
     "ttl,waiters,waiting,queue,state",
     "holdfast status NAME shows who has a lock and who waits, holdfast list shows all that are held"},
    {"ls,ps,locks,all,keys,dump,scan,lease,leases,sessions,active", "holdfast list shows every held lock"},
    {"watch,monitor,follow,tail,top,subscribe,observe",
     "holdfast status --watch NAME goes on showing a lock, and holdfast list --watch all of them"},
    {"log,logs,events,audit,last,past,journal,timeline,runs,report",
     "holdfast history NAME shows who held a lock when"},
    {"nodes,node,servers,cluster,sentinel,sentinels,members,endpoint,endpoints,uri,uris",
     "--node redis://HOST:PORT names a server, once for each; holdfast doctor checks them"},
    {"ping,check,health,healthcheck,diagnose,selftest,test,acl,lint",
     "holdfast doctor checks the nodes, holdfast verify NAME whether a lock is still ours"},
    {"config,configuration,env,settings,options,print-config",
     "holdfast --print-config shows every setting and where it came from"},
    {"version", "holdfast --version prints it"},
    {"reload,reconfigure,rehash", "nothing is to be reloaded: each command reads the configuration when it starts; "
                                  "holdfast --print-config shows it"},
    {"exit-codes,exit-code,exit-status,return-codes,errors",
     "holdfast --help has the exit statuses, and holdfast COMMAND --help what they mean for that command"},
    {"pause,maint,maintenance,suspend,freeze,disable,cordon,drain,hold,block",
     "holdfast acquire --ttl 2h NAME keeps a lock from all others until release, or for two hours"},
    {"extend,keepalive,touch,heartbeat,refresh,prolong,keep",
     "holdfast renew NAME gives a fresh TTL to a lock that acquire took; run renews its own"},
    {"try,trylock,test-and-set,setnx",
     "holdfast run -n NAME -- COMMAND does not wait, holdfast acquire -n NAME neither"},
    {"wait,await,wait-for,block-until", "holdfast run NAME -- COMMAND waits for a lock, with -w 5m for five minutes"},
    {"put,set,create,apply,new,add,make,init,register,grant,edit",
     "a lock needs no making: holdfast run NAME -- COMMAND takes it and gives it back"},
    {"serve,server,daemon,up,agent,service,start-server,restart,shutdown,down",
     "holdfast has no server of its own: --node redis://HOST names one of Redis, --node local: starts one here, and "
     "holdfast local stop ends that"},
    {"stats,prometheus,exporter,statistics",
     "holdfast metrics prints numbers for Prometheus, holdfast history the runs"},
    {"sem,semaphore,slots,parallel", "holdfast run --slots N NAME -- COMMAND lets N run at once"},
    {"once,cron,daily,every,schedule,timer,at",
     "holdfast run --once-in 20h NAME -- COMMAND skips what succeeded within 20 hours"},
    {"token,export", "holdfast acquire NAME prints the token of the lock that it takes (--export: for eval)"},
    {"man,manual,docs,usage", "holdfast help shows the commands, man holdfast all of it"},
};

constexpr Row options_of_run_and_acquire[]{
    {"--nowait,--no-block,--non-blocking,--dont-wait,--dont-block,--no-blocking,--no-waiting,--fail,--fail-fast,--"
     "immediate,--trylock,--skip,--skip-if-locked,--skip-if-running,--if-free,--if-unlocked,--unless-locked,--locked,--"
     "nb",
     "-n (--nonblock) does not wait"},
    {"--max,--limit,--concurrency,--parallel,--permits,--count,--jobs,--capacity,--slot,--semaphore,--max-holders,--"
     "max-concurrent,--parallelism,--pool,--pool-size,--size,--counting,--non-exclusive,--max-parallel,--instances,--"
     "workers,--quantity,--num,--forks,--completions",
     "--slots N lets N hold the lock at once; --max-hold DURATION, which is another thing, stops a command that runs "
     "for too long"},
    {"-j,-N,-P",
     "--slots N lets N hold the lock at once; holdfast runs one command, as in: parallel holdfast run --slots "
     "2 NAME -- COMMAND ::: ARGUMENT..."},
    {"-p",
     "--node redis://HOST:PORT names a server; properties of the command are its own, as in: holdfast run NAME -- "
     "nice COMMAND"},
    {"--time-limit,--run-limit,--stop,--abort,--cancel,--stop-after,--max-time,--max-runtime,--max-duration,--max-run,-"
     "-run-timeout,--command-timeout,--deadline,--runtime,--lock-at-most-for,--at-most,--kill-after,--active-deadline-"
     "seconds,--max-hold-time",
     "--max-hold DURATION stops a command that runs for longer; -w DURATION limits the wait for the lock"},
    {"--kill,--kill-timeout,--term,--term-timeout,--signal,--sigterm,--sigterm-timeout,--sigkill,-k,--grace-period,--"
     "no-kill,--dont-kill",
     "a command that has to stop gets SIGTERM, and SIGKILL after --grace DURATION"},
    {"-t,-T,-W,--time,--hard-timeout,--soft-timeout,--job-timeout,--total-timeout,--timeout-minutes,--timeout-seconds,-"
     "-statement-timeout,--watchdog-timeout",
     "-w DURATION limits the wait for the lock, --max-hold DURATION the time of the command; --ttl DURATION is how "
     "long the lock outlives its holder"},
    {"--lock-timeout,--semaphoretimeout,--st,--wait-timeout,--wait-time,--lock-wait-time,--acquire-timeout,--lock-wait,"
     "--wait-for,--"
     "wait-max,--max-wait,--block,"
     "--blocking-timeout,--lock-delay,--patience,--wait-limit,--acquisition-timeout,--give-up-after,--give-up,--give",
     "-w DURATION limits the wait for the lock"},
    {"--splay,--jitter,--random-delay,--randomized-delay-sec,--spread",
     "hosts need not be spread, for those that wait stand in line; sleep before holdfast delays a start"},
    {"--blocking,--wait-forever,--forever", "holdfast waits without limit unless -n or -w DURATION is given"},
    {"--expire,--expires,--expiry,--expiration,--expires-in,--expire-after,--ttl-sec,--ttl-seconds,--max-lease,--lease,"
     "--lease-time,--lease-ttl,--lease-duration,--lock-ttl,--session-ttl,--px,--ex,--ttl-ms,--validity,--max-age,--"
     "duration,--stale,--stale-after,--session-timeout,--ttl-seconds-after-finished,--deadlock-timeout",
     "--ttl DURATION is how long the lock outlives a holder that vanished; while the command runs it is renewed"},
    {"-u,--unlock,--release-on-exit,--auto-release,--auto-unlock",
     "a lock ends with its command; holdfast release NAME gives back what acquire took"},
    {"-o,--close,-F,--no-fork,--fcntl",
     "leave it out: the command inherits nothing of the lock, and holdfast stays beside it to renew the lock"},
    {"--every,--once-per,--once-a-day,--per-day,--per-hour,--once,--interval,--min-interval,--cooldown,--throttle,--"
     "skip-if-done,--if-not-done,--gap,--min-gap,--daily,--unless-done,--hourly,--weekly,--debounce,--dedupe,--"
     "duplicate,--rate-limit,--idempotent",
     "--once-in DURATION skips the command if it has succeeded within that time"},
    {"--min,--min-time,--hold-for,--keep,--keep-for,--lock-at-least-for,--at-least,--linger,--hold,--min-hold-time",
     "--min-hold DURATION, of run, keeps the lock for at least that time, --max-hold stops a command that runs for "
     "longer; one of acquire is kept for its --ttl"},
    {"--retry,--retries,--tries,--attempts,--retry-count,--retry-max,--max-retries,--retry-delay,--retry-interval,--"
     "poll,--poll-interval,--monitor-retry,--sleep,--delay,--backoff,--spin,--retry-jitter",
     "holdfast is told at once when the lock is free, so it needs no retries; -w DURATION limits the wait"},
    {"--renew,--heartbeat,--keepalive,--auto-renew,--renewal,--refresh,--renew-interval,--extend,--no-renew,--renew-"
     "every,--watchdog,--automatic-extension-threshold,--extension-threshold,--activity,--ephemeral,--upgrade,--"
     "downgrade",
     "the lock of run is renewed every third of its --ttl, one of acquire by holdfast renew NAME"},
    {"--max-hold", "that is of run; acquire holds a lock for its --ttl"},
    {"--locks,--all,--any,--wait-all",
     "several names stand together with commas, as in: holdfast run NAME,NAME -- COMMAND"},
    {"--child-exit-code,--pass-exit-code", "leave it out: the exit status is the command's own"},
    {"--exit,--exit-code,--exit-status,--code,--conflict-code,--error-code,--skip-code",
     "-E N is the status when the lock was not acquired"},
    {"--command,--cmd,--exec,--sh,--bash",
     "the command stands behind the name, as in: holdfast run NAME -- COMMAND; -c 'STRING' is for a line of shell"},
    {"--fg,--foreground,--wait-for-command,--attach", "leave it out: holdfast stays until the command has ended"},
    {"--bg,--background,--daemon,--daemonize,--detach,-b,-d,--async,--fork",
     "holdfast stays for as long as the command runs; put & behind the line, or use acquire and release"},
    {"--dry-run,--simulate,--check,--test,--noop,--no-op,--what-if,--plan,--preview,--diff",
     "holdfast status NAME shows whether the lock is free, holdfast doctor checks the nodes"},
    {"--force,--steal,--takeover,--break,--override,-f,--cancel-in-progress,--abort-previous,--kill-previous,--replace",
     "holdfast force-release NAME takes a lock away from its holder, who then stops its command"},
    {"--read,--reader,--read-lock,--rlock,-R,--shared-lock,--rw",
     "-s (--shared) holds the lock beside others that share it"},
    {"-X", "leave it out: when the lock is not acquired, holdfast says why and ends with 75; -E N changes that"},
    {"--write,--writer,--write-lock,--wlock,--exlock,--no-overlap,--singleton,--unique,--single,--exclusive-lock,--"
     "nested,--reentrant,--disallow-concurrent-execution,--disable-concurrent-builds,--without-overlapping,--nx,--set-"
     "nx,--strict",
     "a lock is held alone unless -s or --slots is given"},
    {"--fair,--fifo,--priority,--queue,--inverse-precedence,--sequential",
     "leave it out: those that wait are served in the order in which they came"},
    {"--quorum,--majority,--quorum-size,--relaxed",
     "leave it out: a lock needs the majority of the nodes that --node names"},
    {"--owner,--holder,--comment,--reason,--message,--description,--tag,--who,--value,-m,--labels,--annotation,--meta,-"
     "-metadata,--identity,--client-name",
     "--label TEXT is what others see of this holder"},
    {"--fence,--fencing,--fencing-token,--token",
     "acquire prints the token; the command of run finds it in $HOLDFAST_TOKEN, and the fence in $HOLDFAST_FENCE"},
    {"--on-fail,--on-failure,--on-error,--on-conflict,--else,--on-lock,--on-release,--on-acquire,--notify,--notify-"
     "email,--slack,--webhook,--alert,--on-success,--always-success,--ignore-errors,--healthcheck,--ping,--on-skip,--"
     "keep-going,--quiet-skip",
     "test the exit status: 75 when the lock was not acquired, and -E N changes that"},
    {"--rm,-i,-it,--interactive",
     "leave it out: the command runs here, at this terminal, and nothing of it is left over"},
    {"--on-calendar,--on-active,--schedule,--cron,--at,--misfire,--misfire-threshold,--catchup,--catch-up,--depends-on-"
     "past,--countdown,--eta,--after,--until,--beat,--timezone,--time-zone,--tz,--warmup,--starting-deadline-seconds,--"
     "before",
     "holdfast runs the command now, and cron or a timer calls holdfast; --once-in 20h skips what has succeeded within "
     "20 hours"},
    {"--env-file,--dotenv,--load-env",
     "the command has the environment of holdfast; as in: set -a; . ./FILE; set +a; holdfast run NAME -- COMMAND"},
    {"--env,--chdir,--cwd,--workdir,-C,--tty,--pty,--stdin,--setsid,--process-group,--umask,--input-file,--"
     "login-shell,--working-directory,--oom-score",
     "the command has the folder, the environment and the terminal of holdfast; env changes them, as in: holdfast run "
     "NAME -- env --chdir=DIR A=B COMMAND"},
    {"--stdout,--stderr,--capture,--timestamps,--mail,--append,--rotate,--progress,--no-progress,--spinner,--no-color",
     "the command's output is its own, and passes through untouched"},
    {"--children,--descendants,--process-tree,--recursive",
     "--tree stops descendants outside the command's group, too"},
    {"--save,--token-out,--out,--write-token", "acquire --token-file FILE writes the token there"},
    {"--nice,--ionice,--cpu", "the command alone may have a lower priority, as in: holdfast run NAME -- nice COMMAND"},
    {"--become,--as,--run-as,--sudo,--uid,--gid,--su",
     "the command runs as the user who runs holdfast, as in: sudo holdfast run NAME -- COMMAND"},
    {"--mode,--type,--kind,--lock-type,--lock-mode",
     "-s (--shared) shares the lock with others that share it, --slots N lets N in; without them it is held alone"},
    {"--on-loss,--if-lost,--kill-on-loss,--on-lock-lost,--on-lock-loss,--loss,--lose,--stop-on-loss,--ignore-loss,--"
     "keep-running,--continue,--lost,--leave-running,--preempt,--interruptible,--suspend",
     "--on-lost stop|ignore says what happens to the command when the lock is lost; stop unless given"},
    {"--on-one-server,--one-server,--single-server,--leader-elect,--leader-election,--leader,--elect,--machine,--"
     "datacenter,--zone,--global,--region,--availability-zone",
     "leave it out: one holder at a time, on whatever host, runs its command; the others wait, or go away with -n"},
    {"--concurrency-policy,--overlap,--on-overlap,--if-running,--on-duplicate",
     "-n (--nonblock) skips the command while the lock is held; without it the command waits"},
    {"--restart,--respawn,--restart-policy,--backoff-limit,--preserve-status",
     "holdfast runs the command once and ends with its exit status; systemd, or a loop of the shell, starts it again"},
    {"--lua,--no-lua,--eval,--no-eval",
     "holdfast uses Lua scripts where the server lets it; --no-scripts asks it by transactions"},
    {"--ack,--fsync,--aof,--wait-replicas,--min-replicas,--replicas-count",
     "--replicas N asks for so many replicas of each node; what a server keeps over a restart is set there "
     "(appendfsync)"},
    {"--drift-factor,--clock-drift", "--drift RATIO is the bound on the difference of clock rates"},
    {"--memory,--cpus,--network,--mount,--volume,--entrypoint,--slice,--property,--namespace-net,--cgroup",
     "holdfast limits nothing of the command; the program that does so stands before the command, as in: holdfast run "
     "NAME -- systemd-run --scope COMMAND"},
    {"--connect-timeout,--connection-timeout,--socket-timeout,--read-timeout,--dial-timeout,--response-timeout,--"
     "request-timeout,--redis-timeout",
     "--node-timeout DURATION is for one answer of a node; -w DURATION limits the wait for the lock"},
    {"--slave,--replica-read,--read-from-replica,--read-only,--failover",
     "masters alone are asked for locks; --node sentinel://HOST+HOST/MASTER follows a failover, --replicas N waits for "
     "replicas"},
    {"--metrics-port,--metrics-file,--textfile,--stats,--heartbeat-url,--monitor-url,--dead-man",
     "holdfast metrics prints numbers for Prometheus, of all runs; --status-fd N writes how this run ended"},
    {"--per-host,--host-only,--per-machine", "--node local: makes it a lock of this host alone"},
    {"--pid,--pidfile", "holdfast status NAME tells the pid of the holder"},
    {"--json", "--status-fd N writes as JSON how the run ended, as in: --status-fd 3 ... 3>FILE; --log-format json "
               "writes each event so"},
    {"--status-file,--status-json,--result-file,--report",
     "--status-fd N writes how the run ended, as in: --status-fd 3 ... 3>FILE"},
};

constexpr Row options_of_others[]{
    {"-w,--follow,-F,--interval,--refresh,--every", "--watch, of status and list, goes on showing, each second"},
    {"-o,-j,--porcelain", "--json, of status, list, history and doctor, prints JSON"},
    {"--longer-than,--held-longer-than,--held-for,--min-age,--age,--older",
     "--older-than DURATION, of list and force-release, chooses what has been held for longer"},
    {"--png,--image,--graph,--plot,--html,--picture", "history --svg FILE writes a picture, history --chart shows one"},
    {"--prometheus,--textfile,--file,--out,--listen,--web.listen-address,--http,--bind,--path",
     "metrics prints once, on stdout; a timer writes that where Prometheus reads it"},
    {"-A,-a,--all,--all-namespaces", "holdfast list shows all locks without it; what changes a lock takes one name"},
    {"-n,--limit,--lines,--last,--max,--tail",
     "history --since DURATION limits what is shown, as in --since 1d; the newest run comes last"},
    {"--failed,--errors,--failures,--lost,--status",
     "no option chooses that, but jq does, as in: holdfast history --json | jq '.runs[] | select(.result != \"holds\" "
     "and .result != \"released\" and .status != 0)'"},
    {"--port,-p", "--node redis://HOST:PORT names a server; metrics prints once, on stdout, and listens nowhere"},
    {"-r,--reverse,--desc,--newest-first,--oldest-first,--order,--order-by",
     "the newest run of history comes last, and list goes by name; tac turns lines round"},
    {"--no-headers,--no-header,--noheadings", "tail -n +2 leaves the header out; --json has none"},
    {"--grace-period", "leave it out: how long the command has to end is the holder's own --grace"},
    {"--push,--push-gateway,--gateway,--remote-write",
     "metrics prints once, and sends nowhere, as in: holdfast metrics | curl --data-binary @- "
     "http://HOST:9091/metrics/job/holdfast"},
    {"--no-confirm,--confirm,--assume-yes,--no-prompt,--batch,--auto-approve,--approve,--non-interactive,--no-input,--"
     "interactive,--input",
     "-y (--yes), of force-release, does not ask first"},
    {"--for,--by,--add,--extend,--extend-by,--lease,--expire,--expires,--duration",
     "--ttl DURATION, of renew, is the fresh TTL"},
    {"--force", "holdfast force-release NAME takes a lock away from its holder, who then stops its command; -y does "
                "not ask first"},
    {"-f", "--watch, of status and list, goes on showing; -y, of force-release, does not ask first"},
    {"--from,--after,--until,--before,--since-time,--start,--days,--hours",
     "--since DURATION, of history, shows what held a lock within that time"},
    {"--quiet-if-ok,-s,--silent", "-q says only what went wrong"},
    {"--sort,--sort-by,--filter,--selector,--prefix,--match,--grep,--pattern,--regex,-e,-E",
     "a pattern chooses, as in: holdfast list 'deploy-*'"},
    {"-l,--long,--wide,--columns,--details,--full", "status tells more of one lock, and --json all of it"},
    {"--csv,--yaml,--xml,--tsv,--table,--pretty",
     "--json, of status, list, history and doctor, prints JSON; jq makes other forms of it"},
    {"--stale,--expired,--dead,--mine,--waiting,--holders,--held,--free,--count,--owner,--user-"
     "filter",
     "no option chooses that, but jq does, as in: holdfast list --json | jq '.locks[] | select(.waiting > 0)'"},
    {"--reset,--fix,--repair", "doctor changes nothing; it says what to do"},
};

constexpr Row options_of_all[]{
    {"--output,--format", "--json, of acquire, status, list, history and doctor, prints JSON"},
    {"--name,--semaphorename,--lock,--lock-name,--id,--key-name,--resource,--lockfile,--mutex,--job,--task,--unit,-L,--"
     "key,--group,--concurrency-group,--scope,--lock-dir,--znode,--lockid,--collection,--repo,--path",
     "the lock's name is a word of its own, as in: holdfast run NAME -- COMMAND, or holdfast status NAME"},
    {"--host,--hostname,--hosts,-H,--port,-p,--url,--uri,--redis,--redis-url,--redis-host,--server,--servers,-S,--"
     "endpoint,--endpoints,--address,--addr,--connect,--http-addr,--nodes,--backend,--dsn,--connection,--broker,--"
     "inventory",
     "--node redis://HOST:PORT names a server; give it once for each"},
    {"--sentinel,--sentinels,--master,--master-name",
     "--node sentinel://HOST+HOST/MASTER names a server by its Sentinels"},
    {"--cluster,--cluster-mode", "--node cluster://HOST+HOST names a cluster by some of its servers"},
    {"--socket,--unix,--unixsocket,--sock", "--node unix:///PATH names a server by its socket"},
    {"--password-stdin,--password-env,--password-cmd,--password-command,-a,--password,--pass,--pass-file,--passwd,--"
     "auth,--askpass,--user,--username,--requirepass",
     "--password-file FILE (/dev/stdin: standard input) or HOLDFAST_PASSWORD has the password, --node "
     "redis://USER:@HOST the user; the command runs "
     "as the user who runs holdfast"},
    {"--tls,--ssl,--use-tls", "--node rediss://HOST is a server with TLS"},
    {"--ca,--cacert,--ca-file,--ca-bundle,--tls-ca-cert,--trusted-ca-file,--ssl-ca",
     "--tls-ca FILE has the authorities to trust"},
    {"--cert,--client-cert,--cert-file,--key-file,--client-key",
     "--tls-cert FILE and --tls-key FILE are our certificate"},
    {"--insecure,--skip-verify,--tls-skip,--ssl-skip,--no-tls-verify,--no-tls-check,--no-check-certificate,--no-verify,"
     "--verify,--tls-verify,--tls-skip-verify,--insecure-skip-tls-verify",
     "--tls-insecure does not check who answers"},
    {"--db,--database,--dbnum,--select", "the database stands in the address, as in --node redis://HOST:PORT/3"},
    {"--prefix,--namespace,--ns", "--key-prefix PREFIX stands before the name of each lock"},
    {"--silent,--no-output", "-q says only what went wrong"},
    {"--debug,--trace,--verbosity,--log-level,-D", "-v says more"},
    {"--log,--logs,--log-output,--log-path,--log-file,--log-fd,--syslog,--journald,--output-file",
     "--log-to FILE, or syslog, or fd:N, is where events are written"},
    {"--json-log,--log-json,--structured", "--log-format json writes each event as JSON"},
    {"--color,--colour,--no-color,--no-colour,--ansi", "colours are there at a terminal only, and not with NO_COLOR=1"},
    {"--local", "--node local: is a server on this machine"},
    {"--context,--config-file,--conf,--settings,--rc,--nodes-file,--hosts-file,--config-dir,--profile-name",
     "--config FILE has the settings, --profile NAME chooses a part of it"},
    {"-V,--ver", "holdfast --version prints the version"},
    {"-?,--usage,--man", "holdfast help shows the commands"},
};

/// The word without what stands between its parts: lock-name, lock_name, lockName and lockname are one. A single letter
/// stays as it is.
std::string bare(std::string_view word) {
    std::string letters{word};
    std::erase_if(letters, [](char c) { return c == '-' || c == '_'; });
    if (letters.size() > 1)
        for (char& c : letters)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return letters;
}

std::string_view found_in(std::span<const Row> rows, std::string_view word, Slip slip) {
    const auto is_it = [&](std::string_view known) { return bare(known) == bare(word); };
    const auto found = std::ranges::find_if(
        rows, [&](const Row& row) { return std::ranges::any_of(split_spellings(row.words), is_it); });
    if (found != rows.end()) return found->here;
    constexpr size_t shortest = 4;
    if (slip == Slip::none || bare(word).size() < shortest) return "";
    std::vector<std::string> known;
    // A guess at a mistyped word never leads to force-release, which ends a command.
    for (const Row& row : rows)
        if (row.here.find("force-") == std::string_view::npos)
            for (const std::string_view one : split_spellings(row.words)) known.push_back(bare(one));
    return found_in(rows, nearest(bare(word), known), Slip::none);
}

} // namespace

std::string_view here_for_command(std::string_view word, Slip slip) { return found_in(commands_elsewhere, word, slip); }

std::string_view here_for_option(std::string_view spelling, bool takes_locks, Slip slip) {
    const auto own = takes_locks ? std::span<const Row>{options_of_run_and_acquire} : options_of_others;
    const std::string_view here = found_in(own, spelling, slip);
    return here.empty() ? found_in(options_of_all, spelling, slip) : here;
}

} // namespace holdfast
