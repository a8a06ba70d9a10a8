namespace Channels.Benchmarks;

/// <summary>The workloads of a run, in order, and what each asks of a contestant.</summary>
internal static class WorkloadCatalog
{
    internal static IReadOnlyList<(Workload Workload, LoadKinds Kind)> All { get; } =
    [
        (new GroupWorkload("echo-64", "Echo, 64 connections, 64 B") { Groups = 64, Members = 1, PayloadBytes = 64 }, LoadKinds.Echo),
        (new GroupWorkload("echo-1", "Echo, one connection, 64 B") { Groups = 1, Members = 1, PayloadBytes = 64 }, LoadKinds.Echo),
        (new GroupWorkload("echo-1k", "Echo, 64 connections, 1 KiB") { Groups = 64, Members = 1, PayloadBytes = 1024 }, LoadKinds.EchoKibibyte),
        (new GroupWorkload("fanout-1", "Fan-out to 1,000, 128 B, one in flight") { Groups = 1, Members = 1000, PayloadBytes = 128 }, LoadKinds.FanOut),
        (new GroupWorkload("fanout-32", "Fan-out to 1,000, 128 B, window of 32") { Groups = 1, Members = 1000, PayloadBytes = 128, Window = 32 }, LoadKinds.FanOut),
        (new GroupWorkload("fanout-32-singly", "The same, the next message as each one has arrived") { Groups = 1, Members = 1000, PayloadBytes = 128, Window = 32, Refill = Refill.OneByOne }, LoadKinds.FanOutShapes),
        (new GroupWorkload("fanout-32-together", "The same, 32 messages in one write when all have arrived") { Groups = 1, Members = 1000, PayloadBytes = 128, Window = 32, Refill = Refill.Together }, LoadKinds.FanOutShapes),
        (new GroupWorkload("fanout-32-publishers", "The same, eight publishers with four each") { Groups = 1, Members = 1000, PayloadBytes = 128, Publishers = 8, Window = 4 }, LoadKinds.FanOutShapes),
        (new GroupWorkload("fanout-32-rate", "The same, at two thirds of the rate reached just before") { Groups = 1, Members = 1000, PayloadBytes = 128, Window = 32, Refill = Refill.AtRate }, LoadKinds.FanOutShapes),
        (new GroupWorkload("members-10", "Fan-out to 10, 128 B, one in flight") { Groups = 1, Members = 10, PayloadBytes = 128 }, LoadKinds.FanOutShapes),
        (new GroupWorkload("members-100", "Fan-out to 100, 128 B, one in flight") { Groups = 1, Members = 100, PayloadBytes = 128 }, LoadKinds.FanOutShapes),
        (new GroupWorkload("members-10k", "Fan-out to 10,000, 128 B, one in flight") { Groups = 1, Members = 10_000, PayloadBytes = 128 }, LoadKinds.FanOutShapes),
        (new GroupWorkload("fanout-json-32", "Fan-out of a JSON object to 1,000, 128 B, window of 32") { Groups = 1, Members = 1000, PayloadBytes = 128, Window = 32 }, LoadKinds.FanOutJson),
        (new GroupWorkload("small-groups", "1,000 groups of 10, 128 B, one in flight in each") { Groups = 1000, Members = 10, PayloadBytes = 128 }, LoadKinds.Room),
        (new GroupWorkload("publishers-32", "32 publishers, 32 groups of 30, 128 B, window of 8") { Groups = 32, Members = 30, PayloadBytes = 128, Window = 8 }, LoadKinds.Room),
        (new GroupWorkload("large-100k", "Echo, 16 connections, 100 KiB") { Groups = 16, Members = 1, PayloadBytes = 100 * 1024 }, LoadKinds.Large),
        (new CatchUpWorkload("catch-up", "1,000 clients come back and get 10,000 messages each", 1_000, 10_000), LoadKinds.CatchUp),
        (new ConnectWorkload("connect", "Connections opened and closed, 32 at once", 32), LoadKinds.Connect),
        (new ConnectWorkload("connect-1", "Connections opened and closed, one at a time", 1), LoadKinds.Connect),
        (new IdleWorkload("idle-5000", "5,000 idle connections in one group", 5000), LoadKinds.Idle),
        (new IdleCpuWorkload("idle-cpu", "2,000 idle connections in one group, a whole turn of pings", 2000), LoadKinds.IdleTime),
        (new PollingWorkload("idle-polls", "1,000 clients that poll and hear of nothing, a whole turn of pings", 1000), LoadKinds.Polls),
        (new HttpWorkload("hello", "GET /hello, 64 keep-alive connections", 64), LoadKinds.Http),
        (new GroupWorkload("redis-fanout", "Fan-out to 1,000 over two processes, 128 B, window of 32") { Groups = 1, Members = 1000, PayloadBytes = 128, Window = 32 }, LoadKinds.FanOutShared),
        (new SendWorkload("redis-sends", "Direct sends of one process, 128 B, 64 senders"), LoadKinds.LayerSends),
        (new PresenceWorkload("redis-presence", "100,000 keys of two processes join; pages of 1,000", 100_000), LoadKinds.Presence),
        (new SendWorkload("redis-group-sends", "Sends to 64 groups of 10 by one process, 128 B, 64 senders") { GroupMembers = 10 }, LoadKinds.LayerSends),
    ];
}
