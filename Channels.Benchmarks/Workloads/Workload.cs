namespace Channels.Benchmarks;

/// <summary>One kind of load. A workload is a value: it says what is done, and <see cref="Run"/> does it once against one server.</summary>
internal abstract record Workload(string Name, string Title)
{
    /// <summary>What <see cref="CellResult.Count"/> counts.</summary>
    internal virtual string Unit => "deliveries";

    /// <summary>True when memory is measured, so that every cell needs a server of its own.</summary>
    internal virtual bool NeedsFreshServer => false;

    /// <summary>How many bytes .NET servers may allocate between two collections of the youngest objects; null: the runtime's own choice.</summary>
    internal virtual long? Gen0Bytes => null;

    /// <summary>Connects, warms up, measures and checks. Failures of the server come back in the result.</summary>
    internal abstract CellResult Run(Cell cell);
}
