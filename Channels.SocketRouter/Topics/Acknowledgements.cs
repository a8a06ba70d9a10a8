namespace Channels.SocketRouter;

/// <summary>How far each user has acknowledged each topic: a history of its own, whose greatest entry counts.</summary>
internal static class Acknowledgements
{
    private const string Prefix = "sr.a.";
    private const string Type = "socketrouter.ack";
    private const int PageSize = 1_000;

    public static async ValueTask StoreAsync(IGroupHistory history, string user, string topic, HistoryPosition position) =>
        await history.AppendAsync(GroupOf(user, topic), new ChannelMessage(Type, new() { ["e"] = position.Epoch, ["o"] = position.Offset }));

    /// <summary>The greatest position of the newest epoch; null when none is known.</summary>
    public static async ValueTask<HistoryPosition?> FindAsync(IGroupHistory history, string user, string topic)
    {
        HistoryPosition? greatest = null;
        HistoryPage page;
        var read = HistoryPosition.Oldest;
        do
        {
            page = await history.ReadAsync(GroupOf(user, topic), read, PageSize);
            foreach (var message in page.Messages)
            {
                read = message.Position!.Value; // what a history gives has one
                if (message.Fields.TryGetValue("e", out var epoch) && message.Fields.TryGetValue("o", out var offset) && epoch.Kind == MessageValueKind.Text && offset.Kind == MessageValueKind.Integer)
                {
                    var position = new HistoryPosition(epoch.GetText(), offset.GetInt64());
                    greatest = greatest is { } known && known.Epoch == position.Epoch && known.Offset > position.Offset ? known : position;
                }
            }
        }
        while (page.HasMore);

        return greatest;
    }

    private static string GroupOf(string user, string topic) => Prefix + WireDigest.Of($"{user}\n{topic}");
}
