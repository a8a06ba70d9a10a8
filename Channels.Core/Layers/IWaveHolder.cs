namespace Channels;

/// <summary>Whoever holds readers back that are to be woken.</summary>
internal interface IWaveHolder
{
    /// <summary>Wakes them now. Called from any thread.</summary>
    void ReleaseHeld();
}
