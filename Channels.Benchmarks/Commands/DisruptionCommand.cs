using System.CommandLine;

namespace Channels.Benchmarks;

/// <summary><c>disruption</c>: connections are cut, servers killed and Redis restarted while clients follow a history; what did everybody get?</summary>
internal static class DisruptionCommand
{
    private const string Cuts = "cuts";
    private const string ServerKilled = "server-killed";
    private const string RedisRestarted = "redis-restarted";
    private const string SocketIO = "socketio";
    private const string SocketIORecovery = "socketio-recovery";
    private static readonly string[] Variants = [Cuts, ServerKilled, RedisRestarted, SocketIORecovery, SocketIO];

    internal static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "200 clients for 30 seconds" };
        var install = new Option<bool>("--install") { Description = "fetch what the Node peer needs first" };
        var sockets = new Option<int?>("--sockets") { HelpName = "N", Description = "how many clients listen (default: 2,000)" };
        var seconds = new Option<int?>("--seconds") { HelpName = "N", Description = "how long each variant takes (default: 600)" };
        var only = new Option<string?>("--only") { Description = "one variant (default: all that this machine has)" }.AcceptOnlyFromAmong(Variants);
        var layer = new Option<string>("--layer") { Description = "the layer of the variants on Redis (default: redis-pubsub)", DefaultValueFactory = static _ => "redis-pubsub" }.AcceptOnlyFromAmong("redis", "redis-pubsub");
        var command = new Command("disruption", "cut connections, kill servers and restart Redis while clients follow a history") { quick, install, sockets, seconds, only, layer };
        command.SetAction(line =>
        {
            if (line.GetValue(install)) NodePeer.Install(Console.Error);
            var plan = line.GetValue(quick) ? DisruptionPlan.Quick : DisruptionPlan.Default;
            plan = plan with
            {
                Sockets = line.GetValue(sockets) ?? plan.Sockets,
                Duration = line.GetValue(seconds) is { } given ? TimeSpan.FromSeconds(given) : plan.Duration,
            };
            return Run(plan, line.GetValue(only) is { } one ? [one] : Variants, line.GetRequiredValue(layer));
        });
        return command;
    }

    /// <returns>0; 1 when a message of ours was lost, doubled or out of order.</returns>
    private static int Run(DisruptionPlan plan, string[] variants, string layer)
    {
        OpenFileLimit.Raise();
        Console.WriteLine(DisruptionResult.Head);
        var clean = true;
        foreach (var variant in variants)
        {
            var other = variant is SocketIO or SocketIORecovery ? new NodePeer(variant, "socket.io", "resume.js", variant == SocketIORecovery ? ["recovery"] : []) : null;
            if (other?.Missing is { } missing)
            {
                Console.Error.WriteLine($"{variant} stays away: {missing}");
                continue;
            }

            using DisruptionSite site = other is null ? new ConformanceSite(variant == Cuts ? null : layer, killsServers: variant == ServerKilled) : new SocketIOSite(other);
            using var run = new DisruptionRun(plan, site);
            var result = run.Run(variant);
            Console.WriteLine(result.Row);
            clean &= other is not null || result.IsClean;
        }

        return clean ? 0 : 1;
    }
}
