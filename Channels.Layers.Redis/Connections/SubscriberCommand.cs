namespace Channels.Layers.Redis;

/// <summary>A command on a connection for subscriptions, from its sending to its answer: for some commands a text, else null.</summary>
internal sealed class SubscriberCommand(string verb, string? argument) : TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>
    /// Whether a frame answers this command, the oldest without an answer. A server that gives up a slot ends its subscriptions
    /// unasked, in the words of an answer, and then has one more for who asks for the same: those belong to no command.
    /// </summary>
    public bool IsAnsweredBy(RespFrame frame)
    {
        if (frame.Is(0, "sunsubscribe"u8))
        {
            return verb == "SUNSUBSCRIBE" && frame.Is(1, argument);
        }

        return MovedSlot(frame) is not { } slot || (verb is "SSUBSCRIBE" or "SUNSUBSCRIBE" or "SPUBLISH" && ClusterSlot.Of(argument!) == slot); // these have one
    }

    /// <summary>Ends the command.</summary>
    public void Answer(RespFrame frame)
    {
        if (frame.Kind == '-')
        {
            Fail(new RespErrorException(frame.TextOf(0)));
        }
        else
        {
            SetResult(verb switch
            {
                "HELLO" => frame.ValueOf("role"u8),
                "CLUSTER" => frame.TextOf(0),
                _ => null,
            });
        }
    }

    public void Fail(Exception error)
    {
        SetException(error);
        _ = Task.Exception; // observed: some are not waited for
    }

    private static int? MovedSlot(RespFrame frame) =>
        frame.Kind == '-' && frame.TextOf(0).Split(' ') is ["MOVED", var slot, ..] && int.TryParse(slot, out var number) ? number : null;
}
