using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>Many streams on few connections, each of which makes the server keep something.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class Http2StreamTests
{
    [Test]
    [Proves("FG-3")]
    public Task Members_of_a_group_whose_streams_take_nothing() => HostileLoad.SurviveAsync(async assault =>
    {
        var streams = 100;
        var (attackers, ends) = await OpenAsync(assault, assault.Many(few: 2, many: 50), streams, window: 0, stream => Http2Frames.Connect(stream, "/group/windowless"));
        using var publisher = new HttpClient { BaseAddress = assault.Server.Http1 };
        while (!assault.Over.IsCancellationRequested)
        {
            using var answer = await publisher.PostAsync(new Uri("/group/windowless", UriKind.Relative), new ByteArrayContent(new byte[1024]));
            answer.EnsureSuccessStatusCode();
        }

        await Task.WhenAll(ends);
        Assert.That(assault.Lasts(TimeSpan.FromSeconds(10)) ? attackers.Sum(attacker => attacker.Ended) : 1, Is.Positive, "slow clients end");
        return Streams(attackers, streams);
    });

    [Test]
    [Proves("FG-5")]
    public Task Event_streams_of_one_address_beyond_its_share() => HostileLoad.SurviveAsync(
        async assault =>
        {
            var streams = 100;
            var (attackers, ends) = await OpenAsync(
                assault, 5, streams, window: 65_535, stream => Http2Frames.Get(stream, "/events?delay=60000"), streamsLeft: HostileServer.FewPerAddress - Canary.Count);
            await Task.WhenAll(ends);
            Assert.That(attackers.Sum(attacker => attacker.Answered - attacker.Ended), Is.EqualTo(HostileServer.FewPerAddress - Canary.Count), "the rest was refused");
            return Streams(attackers, streams);
        },
        HostileServerKind.FewPerAddress);

    private static async Task<(Http2Attacker[] Attackers, Task[] Ends)> OpenAsync(Assault assault, int connections, int streams, int window, Func<int, byte[]> open, int streamsLeft = int.MaxValue)
    {
        Http2Attacker[] attackers = [];
        Task[] ends = [];
        await assault.PrepareAsync(async () =>
        {
            attackers = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Http2Attacker.ConnectAsync(assault, window)));
            ends = [.. attackers.Select(attacker => attacker.WatchAsync(assault.Over))];
            await Task.WhenAll(attackers.Select(attacker => attacker.SendAsync([.. Enumerable.Range(0, streams).SelectMany(i => open(2 * i + 1))])));
            await Eventually.Is(() => attackers.Sum(attacker => attacker.Answered) == attackers.Length * streams);
            await Eventually.Is(() => attackers.Sum(attacker => attacker.Answered - attacker.Ended) <= streamsLeft);
        });
        return (attackers, ends);
    }

    private static string[] Streams(Http2Attacker[] attackers, int streams)
    {
        var ended = attackers.Sum(attacker => attacker.Ended);
        return [.. Enumerable.Repeat("ended", ended), .. Enumerable.Repeat(Attacker.Open, attackers.Length * streams - ended)];
    }
}
