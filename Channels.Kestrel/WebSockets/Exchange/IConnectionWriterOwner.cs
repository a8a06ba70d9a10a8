namespace Channels.Kestrel;

/// <summary>What a connection's writer tells its connection, from any thread.</summary>
internal interface IConnectionWriterOwner
{
    /// <summary>A send begins to wait for room. Called inside the writer's lock: must not call the writer.</summary>
    void OnOutputBlocked();

    /// <summary>A message was dropped by the slow-client policy. Called inside the writer's lock: must not call the writer.</summary>
    /// <param name="firstOfEpisode">True for the first one since the queue was empty.</param>
    void OnOutputDropped(bool firstOfEpisode);

    /// <summary>The peer cannot be written to any more.</summary>
    void OnOutputFailed();

    /// <summary>After the last frame, or a failure: the transport's writer is at rest. Called once.</summary>
    void OnOutputFinished();
}
