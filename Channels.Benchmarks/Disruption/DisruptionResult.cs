using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>What one run of the disruption came to.</summary>
/// <param name="Variant">What was disturbed.</param>
/// <param name="Sockets">How many clients listened.</param>
/// <param name="Cuts">How many connections were cut.</param>
/// <param name="Strikes">How often a server was killed, or Redis restarted.</param>
internal sealed record DisruptionResult(string Variant, int Sockets, int Cuts, int Strikes)
{
    internal const string Head =
        "| what happens | clients | cuts | strikes | sent | published | delivered in order, once | lost | doubled | gone | median ms | p99 ms | longest ms | generator cores |\n" +
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

    /// <summary>What the publisher sent.</summary>
    internal long Sent { get; init; }

    /// <summary>What became part of the history.</summary>
    internal long Published { get; init; }

    /// <summary>What all clients together were to get.</summary>
    internal long Expected { get; init; }

    internal long InOrder { get; init; }

    internal long Lost { get; init; }

    internal long Doubled { get; init; }

    internal long Gone { get; init; }

    /// <summary>From sending to receiving, in milliseconds, the time away included.</summary>
    internal double Median { get; init; }

    internal double P99 { get; init; }

    internal double Longest { get; init; }

    /// <summary>How much of one core these clients themselves used; near 1 they would be what is measured.</summary>
    internal double OwnCores { get; init; }

    internal bool IsClean => Expected > 0 && InOrder == Expected && Lost + Doubled + Gone == 0;

    internal string Row => string.Create(CultureInfo.InvariantCulture,
        $"| {Variant} | {Sockets} | {Cuts} | {Strikes} | {Sent} | {Published} | {(Expected == 0 ? 0 : Math.Floor(1e4 * InOrder / Expected) / 100):0.00} % | {Lost} | {Doubled} | {Gone} | {Median:0.0} | {P99:0} | {Longest:0} | {OwnCores:0.00} |");
}
