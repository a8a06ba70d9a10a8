namespace Channels.Kestrel;

/// <summary>What an application holds of one request.</summary>
internal sealed class RequestMemory(MemoryBudget budget, HttpExchange exchange) : MemoryHolder(budget, exchange.Client)
{
    /// <inheritdoc/>
    protected override void EndForMemory() => exchange.EndForMemory();
}
