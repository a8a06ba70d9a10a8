using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>Handlers that hold their threads, as many at once as a stranger likes.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class BlockedThreadTests
{
    [Test]
    [Proves("FG-4")]
    public Task Handshakes_whose_handler_blocks_its_thread() => HostileLoad.SurviveAsync(
        async assault =>
        {
            var path = $"/careless?block={assault.Many(few: 500, many: 1000)}";
            var opening = assault.Many(few: 20, many: 200);
            assault.Begin();
            var attackers = await Task.WhenAll(Enumerable.Range(0, opening).Select(_ => assault.OpenSocketAsync(path)));
            return await Assault.FatesAsync(attackers, (attacker, until) => attacker.ReadCloseAsync(until));
        },
        delays: true);
}
