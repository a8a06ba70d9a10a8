using System.Globalization;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>
/// Attacks a server beside its canary. In every run an attack lasts for two fifths of a second, which tells who survives;
/// <c>./build.sh --target=Hostile</c> lets each last longer, in a server of its own, and writes what it has measured as rows
/// of the table in docs/reliability.md.
/// </summary>
internal static class HostileLoad
{
    // Beyond it somebody notices: twenty times what it was at rest, but on a busy machine pauses of some length are no harm. Short
    // attacks run beside all other tests: who noticed them is kept waiting for much longer than they last.
    private const int TimesRest = 20;

    // A machine that had no time for anybody during a short attack has it in another one; who harms the polite does so each time.
    private const int AttacksMore = 2;

    private const int MostLogged = 32 * 1024;
    private static readonly TimeSpan? Long = double.TryParse(Environment.GetEnvironmentVariable("CHANNELS_HOSTILE_SECONDS"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
        ? TimeSpan.FromSeconds(seconds)
        : null;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan Unnoticed = TimeSpan.FromSeconds(Long is null ? 10 : 1);

    /// <summary>Attacks, and asserts that the polite do not notice.</summary>
    /// <param name="attack">The attack; gives how it ended for each attacker.</param>
    /// <param name="kind">Which server is attacked.</param>
    /// <param name="delays">Whether this attack may make the polite wait, as code that blocks threads does to everybody.</param>
    public static async Task SurviveAsync(Func<Assault, Task<IReadOnlyList<string>>> attack, HostileServerKind kind = HostileServerKind.Defaults, bool delays = false)
    {
        var server = await HostileServers.GetAsync(kind);
        var isUnharmed = false;
        try
        {
            await SurviveAsync(server, attack, delays);
            isUnharmed = true;
        }
        finally
        {
            if (!isUnharmed || Long is not null)
            {
                await HostileServers.RetireAsync(kind);
            }
        }
    }

    private static async Task SurviveAsync(HostileServer server, Func<Assault, Task<IReadOnlyList<string>>> attack, bool delays)
    {
        var outcome = await AttackAsync(server, attack);
        for (var more = Long is null ? AttacksMore : 0; !delays && outcome.During.P99 > Noticed(server.Rest); more--)
        {
            await server.MeasureRestAsync(); // the machine itself may be slower now
            if (outcome.During.P99 > Noticed(server.Rest))
            {
                Assert.That(more, Is.Positive, () => $"Noticed, each time: at rest {server.Rest}, in the last attack {outcome.During}");
                outcome = await AttackAsync(server, attack);
            }
        }

        if (Long is not null)
        {
            HostileFigures.Write(outcome.Fates, server, outcome.During, outcome.ProcessorTime);
        }
    }

    private static async Task<(IReadOnlyList<string> Fates, Latency During, TimeSpan ProcessorTime)> AttackAsync(HostileServer server, Func<Assault, Task<IReadOnlyList<string>>> attack)
    {
        var logged = server.Output.Length;
        var processorTime = server.ProcessorTime;
        Latency during;
        IReadOnlyList<string> fates;
        using (var assault = new Assault(server, Long ?? Short))
        {
            server.Canary.BeginMeasurement();
            fates = await attack(assault);
            await server.Canary.MoreRoundsAsync(1); // the answers that were under way at the end
            during = server.Canary.Measured;
        }

        Assert.That(server.IsAlive, Is.True, () => server.Output);
        Assert.That(server.Canary.Complaints, Is.Empty, () => server.Output);
        var log = server.Output[logged..];
        Assert.That(log.Length, Is.LessThan(MostLogged), () => log[..4000]);
        processorTime = server.ProcessorTime - processorTime;
        await Eventually.Is(server.TakesLargeBodiesAsync);
        return (fates, during, processorTime);
    }

    private static TimeSpan Noticed(Latency rest) => rest.P99 * TimesRest is var many && many > Unnoticed ? many : Unnoticed;
}
