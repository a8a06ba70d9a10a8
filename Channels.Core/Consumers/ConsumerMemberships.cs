namespace Channels;

/// <summary>The groups that a consumer is in without asking: its own initial ones, and those by which <see cref="Users"/> reaches it.</summary>
internal static class ConsumerMemberships
{
    /// <summary>Joins them, before the first event.</summary>
    /// <returns>False when the handshake has been refused, because its login has ended meanwhile.</returns>
    public static async ValueTask<bool> JoinAsync(ConsumerContext context, IEnumerable<string> initialGroups)
    {
        foreach (var group in initialGroups)
        {
            await context.Groups.AddAsync(group);
        }

        var names = In(context, context.Scope);
        foreach (var name in names)
        {
            await context.Groups.AddAsync(Users.GroupOf(name));
        }

        return names.Count == 0 || !context.Scope.TryGet(ConnectionLease.Key, out var lease) || await lease.ConfirmAsync();
    }

    /// <summary>Changes the user: the consumer is reached under the new names, and no longer under the former ones. Inside a handler of its own.</summary>
    /// <param name="consumer">The consumer.</param>
    /// <param name="scope">Its scope with the new user and names.</param>
    public static async ValueTask ChangeUserAsync(Consumer consumer, Scope scope)
    {
        var context = consumer.Context;
        var (before, now) = (In(context, context.Scope), In(context, scope));
        consumer.ReplaceScope(scope);
        foreach (var name in before.Except(now))
        {
            await context.Groups.DiscardAsync(Users.GroupOf(name));
        }

        foreach (var name in now.Except(before))
        {
            await context.Groups.AddAsync(Users.GroupOf(name));
        }
    }

    // None where nobody could be reached: requests that are answered at once, and connections without groups.
    private static IReadOnlyList<string> In(ConsumerContext context, Scope scope) =>
        scope is WebSocketScope && scope.TryGet(Users.Names, out var names) && context.Layer?.Features.HasFlag(ChannelLayerFeatures.Groups) == true ? names : [];
}
