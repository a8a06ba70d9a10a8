using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>What HTTP/2 lets a peer say cheaply, as fast as it goes, from a few connections.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class Http2FloodTests
{
    private const int Connections = 4;
    private const int Batch = 200;

    [Test]
    [Proves("FG-9", "SEC-18")]
    public Task Streams_reset_as_soon_as_they_are_open() => FloodAsync(stream => [.. Http2Frames.Get(stream, "/hello"), .. Http2Frames.Reset(stream)]);

    [Test]
    [Proves("FG-9", "SEC-18")]
    public Task Sockets_reset_as_soon_as_they_are_asked_for() => FloodAsync(stream => [.. Http2Frames.Connect(stream, "/echo"), .. Http2Frames.Reset(stream)]);

    [Test]
    public Task Settings() => FloodAsync(_ => Http2Frames.Setting(1, 4096));

    [Test]
    public Task Pings_of_the_connection() => FloodAsync(_ => Http2Frames.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));

    [Test]
    public Task Priorities() => FloodAsync(stream => Http2Frames.Frame(Http2FrameType.Priority, 0, stream, [0, 0, 0, 0, 1]));

    [Test]
    public Task Headers_that_never_end() => FloodAsync(stream => Http2Frames.Frame(
        stream == 1 ? Http2FrameType.Headers : Http2FrameType.Continuation,
        0,
        1,
        Http2Frames.Fields((stream == 1 ? ":path" : "x-more", new string('x', 100)))));

    [Test]
    public Task Headers_that_unpack_to_a_thousand_times_their_size() => FloodAsync(stream => Http2Frames.Frame(
        Http2FrameType.Headers,
        Http2Frames.EndHeaders | Http2Frames.EndStream,
        stream,
        Http2Frames.Repeated("x-bomb", new string('x', 4000), 4000)));

    private static Task FloodAsync(Func<int, byte[]> frames) => HostileLoad.SurviveAsync(assault => assault.RepeatAsync(Connections, async () =>
    {
        var attacker = await Http2Attacker.ConnectAsync(assault);
        var end = attacker.WatchAsync(assault.Over);
        var stream = 1;
        var taken = true;
        while (taken && !end.IsCompleted)
        {
            var batch = new List<byte>();
            for (var i = 0; i < Batch; i++, stream += 2)
            {
                batch.AddRange(frames(stream));
            }

            taken = await attacker.SendAsync([.. batch]);
        }

        return await end;
    }));
}
