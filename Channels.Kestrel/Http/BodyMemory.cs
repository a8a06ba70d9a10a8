namespace Channels.Kestrel;

/// <summary>What one request holds of its body.</summary>
internal sealed class BodyMemory(MemoryBudget budget, HttpExchange exchange) : MemoryHolder(budget, exchange.Client)
{
    private MemoryShare _counted;

    /// <summary>So many bytes are held now. One caller at a time.</summary>
    public void Hold(long bytes) => _counted.Set(bytes, this);

    /// <inheritdoc/>
    protected override void EndForMemory() => exchange.EndForMemory();
}
