namespace Channels.Layers.Redis;

/// <summary>What a history needs of the layer whose groups it knows, whichever its layout.</summary>
internal interface IHistoryLayer
{
    RedisLayerParts Parts { get; }

    /// <summary>The channels of this process.</summary>
    LocalDelivery Local { get; }

    /// <summary>The link to the host that has the group's history.</summary>
    RedisLink HistoryLinkOf(string group);

    /// <summary>Writes a message down and sends it to the group in one step.</summary>
    ValueTask<HistoryPosition> PublishAsync(HistoryDraft draft, HistoryWriter history, CancellationToken cancellationToken);

    /// <summary>Sends a message to the group that is in its history already.</summary>
    ValueTask SendAsync(HistoryDraft draft, HistoryPosition position, CancellationToken cancellationToken);
}
