namespace Channels.Kestrel;

/// <summary>Whom the inbound events belong to; an interface, because a delegate would be one more object per socket.</summary>
internal interface IInboundEventsOwner
{
    /// <summary>An event has gone to the application.</summary>
    void OnTaken(Event message);
}
