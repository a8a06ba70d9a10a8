namespace Channels.Tests.Support;

/// <summary>What a program may use, as in a small container: what ends it ends no test.</summary>
internal sealed record ProcessLimits
{
    /// <summary>Its heap in MiB; the runtime ends the process when it needs more. Null for no limit.</summary>
    public int? HeapMebibytes { get; init; }

    /// <summary>How many files and sockets it may have open. Null for the limit of the tests.</summary>
    public int? OpenFiles { get; init; }
}
