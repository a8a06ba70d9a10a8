namespace Channels;

/// <summary>A reader that is a callback.</summary>
internal sealed class CallbackReader(Action wakeUp) : IInboxReader
{
    public void Wake() => wakeUp();

    public void Approach(bool isNear)
    {
    }

    public bool TryPassOn() => false;

    public void Run() => wakeUp();
}
